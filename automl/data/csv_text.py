"""One csv file to a table of texts: encoding, delimiter, then every field as it stands."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.csv as arrow_csv

from automl.errors import AutomlError, Diagnostic
from automl.runtime.field_names import field_names
from automl.runtime.files import open_bytes
from automl.spec.model import FormatSpec

DELIMITERS = (",", ";", "\t", "|")
FALLBACKS = ("cp1252", "latin-1")  # the last one reads every byte
_SNIFFED = 1 << 16  # characters that the delimiter is found out from
_SHOWN = 5  # ragged lines that are told one by one


@dataclass(frozen=True)
class Sheet:
    """One file as an arrow table, how it was read, and what there is to tell."""

    table: Any
    format: FormatSpec
    findings: tuple[Diagnostic, ...]


def read_csv(file: Path, format: FormatSpec) -> Sheet:
    """All fields as text. Raises AutomlError: DATA003, DATA005 to DATA009; OSError."""
    content, encoding = _decode(_unpack(file), file, format.encoding)
    text = memoryview(content)
    findings = []
    if encoding != "utf-8" and format.encoding is None:
        message = f"{file.name!r} is not UTF-8; it was read as {encoding}"
        hint = "say data.format.encoding if letters look wrong"
        findings.append(Diagnostic("warning", "DATA021", message, file=str(file), hint=hint))
    delimiter = format.delimiter
    if delimiter is None:
        delimiter = "\t" if ".tsv" in file.suffixes else _sniff(_head(content))
        if delimiter != ("\t" if ".tsv" in file.suffixes else ","):
            message = f"fields of {file.name!r} are taken to be separated by {delimiter!r}"
            findings.append(Diagnostic("note", "DATA020", message, file=str(file)))
    names = _names(_head(content), delimiter, file)
    table = _parse(text, list(field_names(names)), delimiter, file).rename_columns(names)
    found = FormatSpec(delimiter=delimiter, encoding=encoding, missing=format.missing, decimal=format.decimal)
    return Sheet(table, found, tuple(findings))


def _unpack(file: Path) -> bytes:
    packed = file.name.lower().endswith((".gz", ".zst"))
    try:
        with open_bytes(file) as stream:
            return stream.read()
    except (gzip.BadGzipFile, EOFError, zlib.error, OSError) as error:
        if not packed or (isinstance(error, OSError) and error.errno is not None):
            raise
        kind = "gzip" if file.name.lower().endswith(".gz") else "zstd"
        hint = "write the file again, or fetch it again"
        raise AutomlError(_error("DATA009", file, f"{file.name!r} is no whole {kind} file: {error}", hint)) from error


def _decode(raw: bytes, file: Path, wanted: str | None) -> tuple[bytes, str]:
    """The content as UTF-8 without a byte order mark, and the encoding it had."""
    for mark, named in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark) and (wanted is None or named == wanted.lower()):
            wanted = named
            raw = raw[3:] if named == "utf-8" else raw
    tried = (wanted,) if wanted is not None else ("utf-8", *FALLBACKS)
    for encoding in tried:
        try:
            text = raw.decode(encoding)
        except LookupError:
            raise AutomlError(_error("DATA008", file, f"there is no encoding {encoding!r}", "utf-8 is usual")) from None
        except UnicodeError:
            continue
        if "\0" in text:
            break
        return (raw if encoding == "utf-8" else text.encode()), encoding
    message = f"{file.name!r} is no text in {' or '.join(tried[:1])}"
    raise AutomlError(_error("DATA008", file, message, "say data.format.encoding, or save the file as UTF-8"))


def _head(content: bytes) -> str:
    return content[: 4 * _SNIFFED].decode(errors="ignore")


def _sniff(head: str) -> str:
    """The delimiter that cuts the first lines into the same, largest number of fields; a comma where none does."""
    best, most = ",", 1
    for delimiter in DELIMITERS:
        try:
            rows = csv.reader(io.StringIO(head[:_SNIFFED], newline=""), delimiter=delimiter)
            widths = [len(row) for row in rows if row]
        except csv.Error:
            continue
        widths = widths[:-1] if len(widths) > 2 else widths  # the last line may be cut
        width, lines = Counter(widths).most_common(1)[0] if widths else (1, 0)
        if width > most and lines >= 0.9 * len(widths):
            best, most = delimiter, width
    return best


def _names(head: str, delimiter: str, file: Path) -> list[str]:
    try:
        first = next((row for row in csv.reader(io.StringIO(head, newline=""), delimiter=delimiter) if row), None)
    except (csv.Error, TypeError) as error:  # TypeError: a delimiter of several characters
        message = f"the first line of {file.name!r} cannot be read: {error}"
        raise AutomlError(_error("DATA009", file, message)) from error
    if first is None:
        raise AutomlError(_error("DATA003", file, f"{file.name!r} is empty"))
    return first  # blanks belong to a name: another reader of the file would keep them too


def _parse(content: memoryview, names: list[str], delimiter: str, file: Path) -> Any:
    ragged = []

    def skip(row: Any) -> str:
        ragged.append(row.actual_columns)
        return "skip"

    # The names were read above; the header line is parsed again as a row of data, so that quotes in it mean the same.
    read = arrow_csv.ReadOptions(column_names=names, block_size=max(1 << 20, min(len(content), 1 << 24)))
    cut = arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip)
    plain = {name: arrow.string() for name in names}
    convert = arrow_csv.ConvertOptions(column_types=plain, strings_can_be_null=False, check_utf8=False)
    try:
        table = arrow_csv.read_csv(arrow.BufferReader(content), read, cut, convert)
    except arrow.ArrowInvalid as error:
        raise AutomlError(_error("DATA009", file, f"{file.name!r} is no readable csv: {error}")) from error
    if ragged:
        raise AutomlError(list(_ragged(bytes(content).decode(), delimiter, len(names), file)))
    return table.slice(1)


def _ragged(text: str, delimiter: str, width: int, file: Path) -> Iterator[Diagnostic]:
    """The lines with too few or too many fields: the first ones each, the rest as a number."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line, wrong = 1, 0
    for row in reader:
        if row and len(row) != width:
            wrong += 1
            if wrong <= _SHOWN:
                message = f"line {line} of {file.name!r} has {len(row)} fields, {width} were expected"
                hint = "quote fields that hold the delimiter" if len(row) > width else "is a field missing?"
                yield Diagnostic("error", "DATA007", message, file=str(file), line=line, hint=hint)
        line = reader.line_num + 1
    if wrong > _SHOWN:
        yield _error("DATA007", file, f"{wrong - _SHOWN} more lines of {file.name!r} have another number of fields")


def _error(code: str, file: Path, message: str, hint: str | None = None) -> Diagnostic:
    return Diagnostic("error", code, message, file=str(file), hint=hint)
