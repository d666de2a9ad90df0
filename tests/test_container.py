"""The container file is really built and really run: non-root, read-only root, no network, the same bits as outside."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from automl.emit.write import emit_package
from tests.emit import support

pytestmark = [pytest.mark.slow, pytest.mark.container]

BASE = "localhost/python:3.11-slim"
# Where this machine needs settings of its own for podman, a script to source sets them.
SETTINGS = Path(
    os.environ.get(
        "AUTOML_CONTAINER_ENV", Path(__file__).resolve().parents[2] / "shared" / "container" / "container-env.sh"
    )
)
RUN = ("run", "--rm", "--read-only", "--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")


@dataclass(frozen=True)
class Built:
    """Two images of one package, its folder, and a folder that containers may write into."""

    package: Path
    shared: Path
    serve: str
    refit: str


def podman(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = ["podman", *map(str, arguments)]
    if SETTINGS.is_file():
        words = ["bash", "-c", 'settings=$1; shift; . "$settings"; exec "$@"', "bash", str(SETTINGS), *words]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    if shutil.which("podman") is None:
        pytest.skip("podman is not installed")
    if podman("image", "exists", BASE).returncode != 0:
        pytest.skip(f"the base image {BASE} is not there")
    root = tmp_path_factory.mktemp("container")
    shared = root / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    support.write_csv((*support.table(), support.target("binary")), shared / "training.csv")
    package = emit_package(support.request(support.tree_graph()), root / "package").path
    tag = f"localhost/automl-test-{os.getpid()}"
    images = {target: f"{tag}:{target}" for target in ("serve", "refit")}
    for target, image in images.items():
        build = (
            "build",
            "--format",
            "docker",
            "--build-arg",
            f"BASE_IMAGE={BASE}",
            "--target",
            target,
            "-t",
            image,
            package,
        )
        done = podman(*build)
        assert done.returncode == 0, done.stdout + done.stderr
    yield Built(package, shared, images["serve"], images["refit"])
    podman("rmi", "--force", *images.values())


def test_the_container_says_what_it_is(built: Built) -> None:
    done = podman(*RUN, built.serve, "info")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["name"] == "telco_churn"


def test_the_container_gives_the_bits_of_outside(built: Built, tmp_path: Path) -> None:
    command = ("predict", "/data/training.csv", "-o", "/data/inside.csv")
    done = podman(*RUN, "-v", f"{built.shared}:/data", built.serve, *command)
    assert done.returncode == 0, done.stderr
    world = {**os.environ, "PYTHONPATH": str(built.package / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    outside = [
        sys.executable,
        "-m",
        "telco_churn",
        "predict",
        str(built.shared / "training.csv"),
        "-o",
        str(tmp_path / "outside.csv"),
    ]
    subprocess.run(outside, env=world, check=True, capture_output=True)
    assert (built.shared / "inside.csv").read_bytes() == (tmp_path / "outside.csv").read_bytes()


def test_the_container_is_not_root_and_cannot_write(built: Built) -> None:
    code = "import os; print(os.getuid(), os.getgid())\n"
    code += "try:\n open('/opt/package/x', 'w')\nexcept OSError as e: print(e.errno)"
    done = podman("run", "--rm", "--entrypoint", "python", built.serve, "-c", code)
    assert done.stdout.split() == ["10001", "10001", "13"], done.stderr
    done = podman(*RUN, "--user", "0", "--entrypoint", "python", built.serve, "-c", code)
    assert done.stdout.split()[-1] == "30", done.stderr  # a read-only root holds for root too


def test_the_image_holds_no_compiler_and_no_cache(built: Built) -> None:
    places = "/root/.cache /var/lib/apt/lists /var/cache/apt /build"
    code = f"for t in gcc cc ld make; do command -v $t; done; find {places} -type f 2>/dev/null; true"
    done = podman("run", "--rm", "--user", "0", "--entrypoint", "sh", built.serve, "-c", code)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout
    code = "import importlib.util as u; print([n for n in ('scipy', 'sklearn', 'pandas', 'automl') if u.find_spec(n)])"
    done = podman("run", "--rm", "--entrypoint", "python", built.serve, "-c", code)
    assert done.stdout == "[]\n", done.stderr


SERVE = ("run", "--detach", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")


def test_the_container_serves_by_default(built: Built) -> None:
    """Non-root, read-only root: a real request, the health check, and a stop with exit code 0."""
    done = podman(*SERVE, "-p", "127.0.0.1::8000", built.serve)
    assert done.returncode == 0, done.stderr
    container = done.stdout.strip()
    try:
        port = podman("port", container, "8000").stdout.strip().rsplit(":", 1)[1]
        body = (built.package / "tests" / "request.json").read_bytes()
        found = json.loads(asked(f"http://127.0.0.1:{port}/predict", body))
        golden = json.loads((built.package / "tests" / "golden.json").read_text(encoding="utf-8"))
        lines = [[value.hex() for value in line.values()] for line in found["probabilities"]]
        assert lines == golden["outputs"][:2]
        assert podman("healthcheck", "run", container).returncode == 0
        assert podman("exec", container, "id", "-u").stdout == "10001\n"
        podman("stop", "--time", "20", container)
        assert podman("inspect", "--format", "{{.State.ExitCode}}", container).stdout == "0\n"
    finally:
        logs = podman("logs", container)
        podman("rm", "--force", container)
    assert (logs.stdout + logs.stderr).splitlines() == ["telco_churn: listening on http://0.0.0.0:8000"]


def asked(url: str, body: bytes) -> bytes:
    """The answer to a request, which may have to wait until the server listens."""
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    for _ in range(60):
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                return bytes(reply.read())
        except OSError:  # refused or reset: it does not listen yet
            time.sleep(0.5)
    raise AssertionError("the server does not answer")


def test_the_image_is_not_root_and_has_a_health_check(built: Built) -> None:
    settings = json.loads(podman("image", "inspect", built.serve).stdout)[0]
    check = settings["HealthCheck"] if "HealthCheck" in settings else settings["Healthcheck"]
    assert "/health/live" in check["Test"][-1]
    assert settings["Config"]["User"] == "10001:10001"


def test_the_refit_image_makes_the_same_bytes(built: Built) -> None:
    command = ("refit", "--data", "/data/training.csv", "--check")
    done = podman(*RUN, "--tmpfs", "/tmp", "-v", f"{built.shared}:/data:ro", built.refit, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every artifact has the same bytes" in done.stdout
