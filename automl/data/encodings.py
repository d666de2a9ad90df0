"""The encoding of a text file, and its content in blocks: as text, or as the bytes of UTF-8."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

from automl.errors import AutomlError, Diagnostic
from automl.runtime.files import open_bytes

FALLBACKS = ("cp1252", "latin-1")  # the last one reads every byte
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BLOCK = 1 << 20  # bytes


def find_encoding(file: Path, wanted: str | None) -> str:
    """The encoding that reads the whole file: as wanted, as its byte order mark says, or one of a few.

    Raises AutomlError: DATA008, DATA009; OSError.
    """
    start = next(_blocks(file), b"")
    for mark, named in _MARKS:
        if start.startswith(mark) and (wanted is None or named == wanted.lower()):
            wanted = named
    tried = (wanted,) if wanted is not None else ("utf-8", *FALLBACKS)
    for encoding in tried:
        try:
            zeros = _reads(file, encoding)
        except LookupError:
            hint = "utf-8 is usual"
            raise AutomlError(data_error("DATA008", file, f"there is no encoding {encoding!r}", hint)) from None
        except UnicodeError:
            continue
        if zeros:
            break
        return encoding
    message = f"{file.name!r} is no text in {' or '.join(tried[:1])}"
    raise AutomlError(data_error("DATA008", file, message, "say data.format.encoding, or save the file as UTF-8"))


def _reads(file: Path, encoding: str) -> bool:
    """Whether there are zeros in the text. Raises UnicodeError where it is none in that encoding, LookupError."""
    decoder = codecs.getincrementaldecoder(encoding)()
    zeros = any("\0" in decoder.decode(block) for block in _blocks(file))
    return zeros or "\0" in decoder.decode(b"", final=True)


def _blocks(file: Path) -> Iterator[bytes]:
    packed = file.name.lower().endswith((".gz", ".zst"))
    try:
        with open_bytes(file) as stream:
            while block := stream.read(_BLOCK):
                yield block
    except (gzip.BadGzipFile, EOFError, zlib.error, OSError) as error:
        if not packed or (isinstance(error, OSError) and error.errno is not None):
            raise
        kind = "gzip" if file.name.lower().endswith(".gz") else "zstd"
        message, hint = f"{file.name!r} is no whole {kind} file: {error}", "write the file again, or fetch it again"
        raise AutomlError(data_error("DATA009", file, message, hint)) from error


@contextmanager
def open_text(file: Path, encoding: str) -> Iterator[IO[str]]:
    """The text without a byte order mark, its line ends as they are."""
    exact = "utf-8-sig" if encoding == "utf-8" else encoding
    with open_bytes(file) as raw, TextIOWrapper(raw, encoding=exact, newline="") as text:
        yield text


@contextmanager
def open_utf8(file: Path, encoding: str) -> Iterator[Any]:
    """The bytes of the text in UTF-8, as a file that is read once from its start."""
    if encoding == "utf-8":
        with open_bytes(file) as raw:
            if raw.peek(3)[:3] != codecs.BOM_UTF8:
                yield raw
                return
            raw.read(3)
            yield raw
    else:
        with open_text(file, encoding) as text:
            yield _Recoded(text)


class _Recoded:
    """A text as a file of bytes: what pyarrow asks of one."""

    closed = False

    def __init__(self, text: IO[str]) -> None:
        self._text = text

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; a character has four at most."""
        return self._text.read(size if size < 0 else max(1, size // 4)).encode()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def writable(self) -> bool:
        return False

    def close(self) -> None:
        """The text is closed by whoever opened it."""


def data_error(code: str, file: Path, message: str, hint: str | None = None) -> Diagnostic:
    """An error about a whole file."""
    return Diagnostic("error", code, message, file=str(file), hint=hint)
