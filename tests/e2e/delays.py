"""Fits that take a random time, drawn from the system: no seed of ours knows it. Importable by workers."""

from __future__ import annotations

import os
import time

from automl import fit
from automl.jobs import Job, Scores

DELAY_S = 0.04  # at most, if the environment says nothing
VARIABLE = "AUTOML_TEST_DELAY"


def delayed_run(context: fit.FitContext, job: Job) -> Scores | fit.Fitted:
    """`automl.fit.run`, after a pause."""
    longest = float(os.environ.get(VARIABLE, DELAY_S))
    time.sleep(longest * int.from_bytes(os.urandom(4)) / 2**32)
    return fit.run(context, job)
