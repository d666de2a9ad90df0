"""From an exception to an exit code and a message. A user's mistake is told in diagnostics; a bug leaves a log file."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback

from automl import __version__
from automl.cli.reply import Reply, failure
from automl.cli.screen import Screen
from automl.errors import AutomlError, Diagnostic, NotAccepted

BUG = 3
INTERRUPTED = 130
# What the machine or the user's rights refuse is no bug of ours: told by name, exit code 1.
OUTSIDE = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
    *(errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP),
}
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FULL_HINT = "make room there, or name another place with -o; `automl train --resume` goes on with what had finished"


def reply_to(raised: BaseException, screen: Screen) -> Reply:
    """The reply to whatever a command raised; told on stderr unless stdout gets it as JSON."""
    code, found = _judge(raised)
    if not screen.json:
        screen.show(found)
    beside = raised.facts if isinstance(raised, NotAccepted) else {}
    return Reply(code, {**failure([d.as_json() for d in found]), **beside}, "")


def _judge(raised: BaseException) -> tuple[int, list[Diagnostic]]:
    if isinstance(raised, AutomlError):
        return raised.exit_code, raised.diagnostics
    if isinstance(raised, KeyboardInterrupt):
        return INTERRUPTED, [
            Diagnostic("error", "CLI130", "interrupted; what had finished is kept", hint="--resume continues it")
        ]
    if isinstance(raised, OSError) and raised.errno in OUTSIDE:
        place = "" if raised.filename is None else f"{os.fsdecode(raised.filename)}: "  # writing names no file
        hint = FULL_HINT if raised.errno in FULL else None
        return 1, [Diagnostic("error", "CLI005", place + os.strerror(raised.errno or 0), hint=hint)]
    return BUG, [_bug(raised)]


def _bug(raised: BaseException) -> Diagnostic:
    what = f"internal error: {type(raised).__name__}: {str(raised)[:300]}"
    try:
        handle, place = tempfile.mkstemp(prefix="automl-bug-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"automl {__version__}, Python {sys.version}\narguments: {sys.argv}\n\n")
            log.writelines(traceback.format_exception(raised))
    except OSError as refused:
        return Diagnostic("error", "CLI999", what, hint=f"this is a bug of automl; no log could be written ({refused})")
    return Diagnostic("error", "CLI999", what, hint=f"this is a bug of automl; the details are in {place}")
