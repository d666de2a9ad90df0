"""Fits that take longer: a random time that no seed of ours knows, or one half of them; fits that stay where they are
until they are let go; fits that end badly. Importable by workers."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from automl import fit
from automl.jobs import Job, Scores

DELAY_S = 0.04  # at most, if the environment says nothing
HALF_DELAY_S = 0.15  # longer than a fit takes: who pauses comes later
VARIABLE = "AUTOML_TEST_DELAY"
HOLDS = "AUTOML_TEST_HOLDS"  # the folder that `held_run` looks at
FITS, FINAL = "hold", "hold-final"  # while a file of that name is there, fits stay: one of the search, all final ones
CHOSEN, HELD = "chosen", "held"


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


def held_run(context: fit.FitContext, job: Job, folder: str) -> Scores | fit.Fitted:
    """`delayed_run`, but for fits that are told to stay by a file in `folder`.

    Of the search that is the first fit that sees the file, wherever it is tried again: each try leaves a file
    HELD.PROCESS with the id of its Ray node. A file that is not empty names a ledger, and how many units have to be
    settled there before.
    """
    place = Path(folder)
    while _told(place / (FINAL if job.keep else FITS)) and (job.keep or _chosen(place, job.key)):
        if not (mark := place / f"{HELD}.{os.getpid()}").exists():
            part = place / f"{os.getpid()}.part"
            part.write_text(_node())
            part.rename(mark)
        time.sleep(0.02)
    return delayed_run(context, job)


def _told(file: Path) -> bool:
    """Whether the file tells fits to stay by now."""
    try:
        units, _, ledger = file.read_text().partition(" ")
    except FileNotFoundError:
        return False
    return not units or Path(ledger).read_bytes().count(b'"event":"settled"') >= int(units)


def _chosen(place: Path, key: str) -> bool:
    """Whether this is the fit that stays."""
    with suppress(FileExistsError):
        (place / CHOSEN).symlink_to(key)  # made and written in one step
    return str((place / CHOSEN).readlink()) == key


def _node() -> str:
    """The id of the Ray node that this process belongs to; nothing without Ray."""
    ray = sys.modules.get("ray")
    if ray is None or not ray.is_initialized():
        return ""
    return str(ray.get_runtime_context().get_node_id())


def unlucky_run(context: fit.FitContext, job: Job) -> Scores | fit.Fitted:
    """`automl.fit.run`, but some fits of the search never end, some find no memory, and some end their process."""
    if not job.keep and job.candidate != "constant":
        _meet(int(job.key[-2:], 16))
    return fit.run(context, job)


def _meet(number: int) -> None:
    """`number`: 0 to 255, the same for equal fits. Few never end: each costs a whole deadline."""
    if number < 5:
        time.sleep(3600)
    elif number < 18:
        raise MemoryError
    elif number < 31:
        os._exit(1)
