"""One csv file to a table of texts: encoding, delimiter, then every field as it stands."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as arrow
import pyarrow.csv as arrow_csv

from automl.data.encodings import data_error, find_encoding, open_text, open_utf8
from automl.errors import AutomlError, Diagnostic
from automl.runtime.field_names import field_names
from automl.spec.model import FormatSpec

DELIMITERS = (",", ";", "\t", "|")
_SNIFFED = 1 << 16  # characters that the delimiter is found out from
_BLOCKS = (1 << 22, 1 << 26, 1 << 30)  # bytes that are parsed at once; a row has to fit
_SHOWN = 5  # ragged lines that are told one by one


@dataclass(frozen=True)
class Sheet:
    """One file as an arrow table, how it was read, and what there is to tell."""

    table: Any
    format: FormatSpec
    findings: tuple[Diagnostic, ...]


def read_csv(file: Path, format: FormatSpec) -> Sheet:
    """All fields as text. Raises AutomlError: DATA003, DATA005 to DATA009; OSError."""
    encoding = find_encoding(file, format.encoding)
    findings = []
    if encoding != "utf-8" and format.encoding is None:
        message = f"{file.name!r} is not UTF-8; it was read as {encoding}"
        hint = "say data.format.encoding if letters look wrong"
        findings.append(Diagnostic("warning", "DATA021", message, file=str(file), hint=hint))
    delimiter = format.delimiter
    if delimiter is None:
        usual = "\t" if ".tsv" in file.suffixes else ","
        delimiter = usual if ".tsv" in file.suffixes else _sniff(_head(file, encoding))
        if delimiter != usual:
            message = f"fields of {file.name!r} are taken to be separated by {delimiter!r}"
            findings.append(Diagnostic("note", "DATA020", message, file=str(file)))
    names = _names(file, encoding, delimiter)
    table = _parse(file, encoding, delimiter, list(field_names(names))).rename_columns(names)
    found = FormatSpec(delimiter=delimiter, encoding=encoding, missing=format.missing, decimal=format.decimal)
    return Sheet(table, found, tuple(findings))


def _head(file: Path, encoding: str) -> str:
    with open_text(file, encoding) as text:
        return text.read(_SNIFFED)


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


def _names(file: Path, encoding: str, delimiter: str) -> list[str]:
    try:
        with open_text(file, encoding) as text:
            first = next((row for row in csv.reader(text, delimiter=delimiter) if row), None)
    except (csv.Error, TypeError) as error:  # TypeError: a delimiter of several characters
        message = f"the first line of {file.name!r} cannot be read: {error}"
        raise AutomlError(data_error("DATA009", file, message)) from error
    if first is None:
        raise AutomlError(data_error("DATA003", file, f"{file.name!r} is empty"))
    return first  # blanks belong to a name: another reader of the file would keep them too


def _parse(file: Path, encoding: str, delimiter: str, names: list[str]) -> Any:
    """The fields as texts, read in blocks: the file is never in memory as a whole, but for its fields."""
    ragged: list[int] = []
    cut = arrow_csv.ParseOptions(
        delimiter=delimiter, newlines_in_values=True, invalid_row_handler=lambda row: _skip(row, ragged)
    )
    for block in _BLOCKS:
        try:
            with open_utf8(file, encoding) as stream:
                table = _fields(stream, names, cut, block)
            break
        except arrow.ArrowInvalid as error:
            if "straddl" in str(error) and block < _BLOCKS[-1]:  # a row that is longer than a block
                ragged.clear()
                continue
            raise AutomlError(data_error("DATA009", file, f"{file.name!r} is no readable csv: {error}")) from error
    if ragged:
        with open_text(file, encoding) as text:
            raise AutomlError(list(_ragged(text, delimiter, len(names), file)))
    return table.slice(1)


def _skip(row: Any, ragged: list[int]) -> str:
    ragged.append(row.actual_columns)
    return "skip"


def _fields(stream: Any, names: list[str], cut: Any, block: int) -> Any:
    # The names were read before; the header line is parsed again as a row of data, so that quotes in it mean the same.
    read = arrow_csv.ReadOptions(column_names=names, block_size=block, use_threads=False)
    plain = {name: arrow.string() for name in names}
    convert = arrow_csv.ConvertOptions(column_types=plain, strings_can_be_null=False, check_utf8=False)
    with arrow_csv.open_csv(stream, read, cut, convert) as reader:
        return reader.read_all()


def _ragged(text: IO[str], delimiter: str, width: int, file: Path) -> Iterator[Diagnostic]:
    """The lines with too few or too many fields: the first ones each, the rest as a number."""
    reader = csv.reader(text, delimiter=delimiter)
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
        message = f"{wrong - _SHOWN} more lines of {file.name!r} have another number of fields"
        yield data_error("DATA007", file, message)
