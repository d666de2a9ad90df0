"""Whose fault it is that a worker is gone: that of its job, or that of its node."""

from __future__ import annotations

from automl.executors.slots import LOSSES, RETRIES, Slot, SlotExecutor
from automl.jobs import Done, Outcome
from tests.support.jobs import job


class Bare(Slot):
    """A slot that is always ready."""

    place = "here"
    starts = False


class Doomed(SlotExecutor[Slot]):
    """One slot, whose worker dies under each job in the way that the test says: `True`, together with its node."""

    def __init__(self, fates: list[bool]) -> None:
        super().__init__(1)
        self._fates = fates
        self._slots = [Bare()]

    def close(self) -> None:
        pass

    def _hand_out(self) -> None:
        slot = self._slots[0]
        if slot.work is None and self._queue:
            slot.work = self._queue.popleft()

    def _collect(self, limit: float | None) -> None:
        slot = self._slots[0]
        assert slot.work is not None
        if not self._fates:
            self._finished.append(Done(slot.work.job.key, Outcome.OK, retried=slot.work.retried))
        elif not self._retry(slot, lost=self._fates.pop(0)):
            self._end(slot, Outcome.FAILED, "gone", crashed=True)
        slot.work = None

    def _has_answered(self, slot: Slot) -> bool:
        return False

    def _replace(self, slot: Slot, failed_starts: int) -> None:
        raise AssertionError("nothing is dropped")


def ended(fates: list[bool]) -> tuple[Outcome, bool, int]:
    executor = Doomed(fates)
    executor.submit(job("k", "echo"))
    done = executor.wait()
    assert done is not None
    return done.outcome, done.crashed, done.retried


def test_a_lost_node_is_no_death_of_the_job() -> None:
    assert ended([]) == (Outcome.OK, False, 0)
    assert ended([True] * LOSSES) == (Outcome.OK, False, LOSSES)
    assert ended([True, False, True]) == (Outcome.OK, False, 3)


def test_a_job_that_ends_workers_is_ended() -> None:
    assert ended([False] * (RETRIES + 1)) == (Outcome.FAILED, True, RETRIES)
    assert ended([True, False, True, False]) == (Outcome.FAILED, True, 3)


def test_a_job_that_ends_nodes_is_ended_in_the_end() -> None:
    assert ended([True] * (LOSSES + 1)) == (Outcome.FAILED, True, LOSSES)
