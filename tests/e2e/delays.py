"""Fits that take longer: a random time that no seed of ours knows, or one half of them. Importable by workers."""

from __future__ import annotations

import os
import time

from automl import fit
from automl.jobs import Job, Scores

DELAY_S = 0.04  # at most, if the environment says nothing
HALF_DELAY_S = 0.15  # longer than a fit takes: who pauses comes later
VARIABLE = "AUTOML_TEST_DELAY"


def delayed_run(context: fit.FitContext, job: Job) -> Scores | fit.Fitted:
    """`automl.fit.run`, after a pause."""
    longest = float(os.environ.get(VARIABLE, DELAY_S))
    time.sleep(longest * int.from_bytes(os.urandom(4)) / 2**32)
    return fit.run(context, job)


def half_delayed_run(context: fit.FitContext, job: Job, half: int) -> Scores | fit.Fitted:
    """`automl.fit.run`, after a pause for every second job by its key: the other half for another `half`."""
    if int(job.key[-1], 16) % 2 == half:
        time.sleep(HALF_DELAY_S)
    return fit.run(context, job)
