"""specs/cluster: what Ray and KubeRay would take, checked without either running."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from automl.cli.main import build_parser

FOLDER = Path(__file__).parents[1] / "specs" / "cluster"
# Fields of KubeRay's RayJob, ray.io/v1 (its API reference): a field that is not there is dropped without a word.
JOB = {
    *("entrypoint", "submissionMode", "backoffLimit", "shutdownAfterJobFinishes", "ttlSecondsAfterFinished"),
    *(
        "rayClusterSpec",
        "activeDeadlineSeconds",
        "runtimeEnvYAML",
        "suspend",
        "clusterSelector",
        "submitterPodTemplate",
    ),
}
CLUSTER = {
    "rayVersion",
    "headGroupSpec",
    "workerGroupSpecs",
    "enableInTreeAutoscaling",
    "autoscalerOptions",
    "authOptions",
}
HEAD = {"serviceType", "rayStartParams", "template", "enableIngress"}
WORKER = {"groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams", "template", "idleTimeoutSeconds"}


def ray_config() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "ray.yaml").read_text())
    return found


def validate(config: dict[str, Any]) -> None:
    """With Ray's own schema, as `ray up` does after it has filled in the defaults of the provider."""
    pytest.importorskip("jsonschema")
    util = pytest.importorskip("ray.autoscaler._private.util")
    util.validate_config(util.prepare_config(copy.deepcopy(config)))


def test_ray_up_takes_the_example() -> None:
    validate(ray_config())


def test_ray_up_refuses_a_wrong_one() -> None:
    with pytest.raises(Exception, match="clustername"):
        validate({**ray_config(), "clustername": "x"})


def test_the_job_has_the_fields_of_kuberay() -> None:
    job = yaml.safe_load((FOLDER / "rayjob.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    spec = job["spec"]
    assert set(spec) <= JOB
    cluster = spec["rayClusterSpec"]
    assert set(cluster) <= CLUSTER
    head, workers = cluster["headGroupSpec"], cluster["workerGroupSpecs"]
    assert set(head) <= HEAD
    assert all(set(group) <= WORKER for group in workers)
    for group in (head, *workers):
        assert all(isinstance(value, str) for value in group["rayStartParams"].values()), "KubeRay takes texts only"
        pod = group["template"]["spec"]
        assert {mount["name"] for box in pod["containers"] for mount in box.get("volumeMounts", ())} <= {
            volume["name"] for volume in pod.get("volumes", ())
        }
    for group in workers:
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    images = {box["image"] for group in (head, *workers) for box in group["template"]["spec"]["containers"]}
    assert len(images) == 1, "other libraries would be refused"


def test_the_entrypoint_is_a_command_of_automl() -> None:
    entrypoint = yaml.safe_load((FOLDER / "rayjob.yaml").read_text())["spec"]["entrypoint"].split()
    assert entrypoint[0] == "automl"
    assert build_parser(entrypoint[1:]).parse_args(entrypoint[1:]).resume
