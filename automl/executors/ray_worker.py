"""The worker process of a slot on Ray, and what its answers mean."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ray
from ray.exceptions import ActorUnavailableError, ObjectStoreFullError, OutOfDiskError
from ray.experimental.internal_kv import _internal_kv_del, _internal_kv_put

from automl.errors import error
from automl.executors.memory import free_for_fits
from automl.executors.nodes import error_line
from automl.executors.session import Session
from automl.executors.worker import become_worker, execute, import_if_there
from automl.jobs import Done, Job, Run


class _Worker:
    """What lives in a worker process: the function and the context, fetched once."""

    def __init__(self, run: Run, context: Any) -> None:
        become_worker(_note_the_end)
        self._run = run
        self._context = context

    def ready(self, preload: tuple[str, ...]) -> int:
        """Answered once the process, its imports and the context are there: this host's memory for fits, in bytes."""
        import_if_there(preload)
        return free_for_fits()

    def run(self, jobs: list[Job]) -> Done | list[Done]:
        """One job, or one after the other: Ray takes a list for as many results."""
        found = [execute(self._run, self._context, job) for job in jobs]
        return found if len(found) > 1 else found[0]


def put(context: Any) -> Any:
    """Into the object store, once. Raises AutomlError (EXE030) where neither it nor the disk behind it has room."""
    try:
        return ray.put(context)
    except (ObjectStoreFullError, OutOfDiskError) as problem:
        store = ray.cluster_resources().get("object_store_memory", 0) / 2**20
        text = f"the table fits neither into Ray's object store ({store:.0f} MiB) nor onto the disk behind it"
        hint = "make room in /dev/shm and in the folder for temporary files, or take --executor local"
        raise error("EXE030", f"{text}: {str(problem).splitlines()[0][:200]}", hint=hint) from None


def _note_the_end() -> None:
    """Tell the cluster's head that this worker was ended for its memory: Ray tells nobody its exit code."""
    _internal_kv_put(_note_of(ray.get_runtime_context().get_actor_id()), b"memory")


def was_ended(actor: Any) -> bool:
    """Whether a dead worker was ended for its memory. Its note is taken away."""
    return bool(_internal_kv_del(_note_of(actor._actor_id.hex())))


def _note_of(actor: str | None) -> bytes:
    return f"automl-ended-{actor}".encode()


def actor_class(session: Session) -> Any:
    environment = {"env_vars": session.environment}
    limits = {"num_cpus": session.threads, "max_restarts": 0, "max_task_retries": 0, "runtime_env": environment}
    return ray.remote(**limits)(_Worker)


def answers_of(references: list[Any]) -> dict[Any, Any]:
    """What became of each: its value, or in its place what went wrong."""
    try:
        return dict(zip(references, ray.get(references), strict=True))
    except Exception:  # of one of them, or several
        return {reference: _answer(reference) for reference in references}


def _answer(reference: Any) -> Any:
    try:
        return ray.get(reference)
    except Exception as problem:
        return problem


def with_retries(done: Done, retried: int) -> Done:
    return replace(done, retried=retried) if retried else done


def with_its_node(problem: BaseException) -> bool:
    """Whether a worker is gone because its node is. Out of touch counts as that: a process that died alone is told of
    by its node within a second, a dead node is missed after several."""
    return isinstance(problem, ActorUnavailableError) or "node has died" in str(problem)


def cause_of(problem: BaseException) -> str:
    """One line on why a worker is gone."""
    return error_line(problem, "its process died (a crash in native code, or killed from outside)")
