"""Who gets how much memory: what is free on a machine is shared among the fits that run there side by side.

A fit gets what `search.trial.memory` says; else its even share of what is free, or twice its forecast where that is
more. Fits run side by side as long as what they were given fits. So no fit, and no number of fits, takes the machine
down, and a fit that needs much runs with fewer beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from automl.data.memory import memory_bytes, size_text
from automl.jobs import Done, Job, Outcome

SHARE = 0.8  # of the memory that is free when the workers start; the rest is for them, the driver and the machine
SLACK = 2.0  # a forecast is no measurement
LEAST = 512 * 2**20  # a fit gets at least so much, and fewer run side by side where that is more than an even share


def free_for_fits() -> int:
    """Bytes of this machine that fits may take together."""
    return int(SHARE * memory_bytes())


@dataclass
class Rooms:
    """What every host has for fits, how many run there side by side, and what is given away there by now."""

    _free: dict[str, int] = field(default_factory=dict)
    _fits: dict[str, int] = field(default_factory=dict)
    _given: Counter[str] = field(default_factory=Counter)

    def open(self, host: str, free: int, fits: int) -> None:
        """A worker is ready on a host that had `free` bytes for `fits` fits at once.

        What the first one saw free stays; the fits grow where workers are added.
        """
        self._free.setdefault(host, free)
        self._fits[host] = max(fits, self._fits.get(host, 1))

    def knows(self, host: str) -> bool:
        """Whether a worker was ready there."""
        return host in self._free

    def holds(self, host: str, job: Job) -> bool:
        """Whether that host is known, and has what the job is predicted to need."""
        if job.memory_bytes is not None or job.need_bytes is None:  # a user who gives a limit wants to see it tried
            return host in self._free
        return host in self._free and job.need_bytes <= max(LEAST, self._free[host])

    def too_large(self, job: Job, hosts: Iterable[str]) -> Done | None:
        """How a job ends that is predicted to need more than any of these hosts has; None: it may run."""
        known = {host for host in hosts if host in self._free}
        if not known or any(self.holds(host, job) for host in known):
            return None
        need, most = size_text(job.need_bytes or 0), size_text(max(LEAST, *(self._free[host] for host in known)))
        text = f"not started: it is predicted to need {need}, more than the {most} there are"
        return Done(job.key, Outcome.OUT_OF_MEMORY, error=text)

    def claim(self, host: str, job: Job) -> int:
        """Bytes that the job is given on that host."""
        free = self._free.get(host)
        if free is None:
            return 0
        if job.memory_bytes is not None:
            return min(free, job.memory_bytes)
        return max(LEAST, min(free, max(free // self._fits[host], int(SLACK * (job.need_bytes or 0)))))

    def take(self, host: str, job: Job) -> int | None:
        """Give the job its memory: so many bytes, to be given back. None: it has to wait until others have ended."""
        claim, given = self.claim(host, job), self._given[host]
        if given and given + claim > self._free.get(host, 0):
            return None
        self._given[host] += claim
        return claim

    def give_back(self, host: str, claim: int) -> None:
        """The job has ended, or its worker has."""
        self._given[host] -= claim


def limited(job: Job, claim: int) -> Job:
    """The job with the limit that it runs under: of one without a forecast (baseline, final fits, replays), none."""
    if job.memory_bytes is not None or job.need_bytes is None or not claim:
        return job
    return replace(job, memory_bytes=claim)


def beyond_text(job: Job) -> str:
    """What the leaderboard says of a job that was ended for its memory."""
    limit = "its limit" if job.memory_bytes is None else f"its limit of {size_text(job.memory_bytes)}"
    return f"its process was ended: it held more memory than {limit}"
