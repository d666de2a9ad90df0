"""How a csv file is laid out: found out for each file, as for the training file."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from .schema import ENCODINGS, FIELDS
from .scoring.cells import WHOLE
from .scoring.files import CSV_SUFFIXES, CsvFormat, header, open_bytes
from .scoring.table import BadInput, Problem

DELIMITERS = (",", ";", "\t", "|")
_BLOCK = 1 << 20  # bytes


def layout_of(path: Path) -> CsvFormat:
    """The encoding that reads the whole file, and the delimiter under which its first line names most of the columns."""
    if not path.name.lower().endswith(CSV_SUFFIXES):
        return CsvFormat()
    encoding = _encoding(path)
    names = {field.name for field in FIELDS}
    layouts = [CsvFormat(delimiter, encoding) for delimiter in DELIMITERS]
    return max(layouts, key=lambda layout: len(names.intersection(header(path, layout))))


def _encoding(path: Path) -> str:
    try:
        start = next(_blocks(path), b"")
        for encoding in ("utf-16",) if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else ENCODINGS:
            if _reads(path, encoding):
                return encoding
    except EOFError as problem:
        raise BadInput([Problem(WHOLE, "", f"{path.name}: a whole gzip file", str(problem))]) from problem
    raise BadInput([Problem(WHOLE, "", f"{path.name}: text in {' or '.join(ENCODINGS)}", "other bytes")])


def _reads(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in _blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _blocks(path: Path) -> Iterator[bytes]:
    with open_bytes(path) as file:
        while block := file.read(_BLOCK):
            yield block
