"""What can be judged of a spec without its data. One function per part of the language."""

from __future__ import annotations

import codecs
from typing import Final

from automl.errors import Diagnostic, nearest
from automl.spec.check_accept import check_accept, check_metric
from automl.spec.check_monotone import check_monotone
from automl.spec.check_package import check_name, check_package
from automl.spec.check_search import check_search
from automl.spec.check_validation import check_validation
from automl.spec.findings import Findings, one_of
from automl.spec.loaded import LoadedSpec
from automl.spec.places import Path, dotted, quoted
from automl.spec.quality import CHECKS
from automl.spec.written import WrittenData, WrittenFormat, WrittenSpec

_PACKED: Final = ("", ".gz", ".zst")
SUFFIXES: Final = (
    *(kind + packed for kind in (".csv", ".tsv", ".jsonl", ".ndjson") for packed in _PACKED),
    ".parquet",
    ".arrow",
    ".feather",
)


def check_spec(loaded: LoadedSpec) -> list[Diagnostic]:
    """Everything wrong with a spec that can be seen without its data; nothing, for what `load_spec` returns."""
    return check_written(loaded.written, Findings(loaded.places))


def check_written(spec: WrittenSpec, findings: Findings) -> list[Diagnostic]:
    """The same, for a spec of which parts may be spoilt."""
    if spec.version != 1:
        message = f"version {spec.version} of the language is unknown, expected 1"
        findings.error("SPEC030", ("version",), message, "write version: 1")
    check_name(spec.name, findings)
    _check_data(spec.data, findings)
    _check_roles(spec.data, findings)
    check_monotone(spec, findings)
    if spec.data.positive is not None and spec.task not in (None, "binary"):
        message = f"data.positive is for binary tasks, and task is {spec.task}"
        findings.error("SPEC045", ("data", "positive"), message, "leave it out", at="key")
    check_metric(spec.metric, spec.task, findings)
    check_validation(spec, findings)
    if spec.search is not None:
        check_search(spec.search, spec.task, findings)
    _check_ensemble(spec, findings)
    check_accept(spec, findings)
    if spec.run is not None:
        findings.not_empty(("run", "address"), spec.run.address)
    check_package(spec.package, findings)
    return findings.found


def _check_data(data: WrittenData, findings: Findings) -> None:
    _check_source(data, findings)
    for path in ("path", "test"):
        _check_files(getattr(data, path), ("data", path), findings)
    if data.format is not None:
        _check_format(data.format, findings)
    for name, column in (data.columns or {}).items():
        if column.missing is not None:
            findings.no_doubles(("data", "columns", name, "missing"), column.missing)
    for code, wanted in (data.checks or {}).items():
        _check_action(code, wanted, findings)


def _check_action(code: str, wanted: str, findings: Findings) -> None:
    path: Path = ("data", "checks", code)
    if code not in CHECKS:
        message = f"data.checks: expected the code of a finding whose handling can change, found {quoted(code)}"
        findings.error("SPEC022", path, message, nearest(code, CHECKS) or f"{one_of(CHECKS)} are", at="key")
    elif wanted not in CHECKS[code].actions:
        message = f"data.checks.{code}: {wanted} is not possible"
        findings.error("SPEC022", path, message, f"{one_of(CHECKS[code].actions)} are")


def _check_source(data: WrittenData, findings: Findings) -> None:
    """A path, or a url with a query."""
    database = [key for key in ("url", "query") if getattr(data, key) is not None]
    if data.path is not None and database:
        message = f"data has both a path and a {database[0]}: expected one source"
        findings.error("SPEC033", ("data", database[0]), message, "leave one out", at="key")
    elif data.path is None and not database:
        known = findings.spoilt(("data", "path")) or findings.spoilt(("data", "url"))
        if not known:
            findings.error("SPEC034", ("data",), "data has neither a path nor a url", "add path: FILE", at="key")
    elif data.path is None and len(database) == 1:
        missing = "query" if database == ["url"] else "url"
        if not findings.spoilt(("data", missing)):
            message = f"data has a {database[0]} and no {missing}"
            findings.error("SPEC034", ("data", database[0]), message, at="key")
    if database and data.path is None:
        findings.later(("data", database[0]), "reading from a database", "use path: FILE")


def _check_files(files: tuple[str, ...] | None, path: Path, findings: Findings) -> None:
    if files is None:
        return
    findings.not_empty(path, files)
    findings.no_doubles(path, files)
    for i, file in enumerate(files):
        here = (*path, i) if (*path, i) in findings.places.entries else path
        findings.not_empty(here, file)
        base = file.rpartition("/")[2].lower()
        if "." in base.lstrip(".") and not base.endswith((*SUFFIXES, *(f"{s}*" for s in SUFFIXES), ".*")):
            message = f"{dotted(path)}: {quoted(base)} has a suffix that cannot be read"
            findings.error("SPEC027", here, message, _READABLE)


_READABLE: Final = "csv, tsv and jsonl (also .gz and .zst), parquet, arrow and feather can be read"


def _check_format(form: WrittenFormat, findings: Findings) -> None:
    path: Path = ("data", "format")
    if form.delimiter is not None and (
        len(form.delimiter) != 1 or form.delimiter in '"\r\n' or not form.delimiter.isascii()
    ):
        message = f"data.format.delimiter: expected one ASCII character, found {quoted(form.delimiter)}"
        findings.error("SPEC026", (*path, "delimiter"), message)
    if form.decimal not in (None, ".", ","):
        message = f"data.format.decimal: expected '.' or ',', found {quoted(str(form.decimal))}"
        findings.error("SPEC026", (*path, "decimal"), message)
    if form.encoding is not None and not _is_encoding(form.encoding):
        message = f"data.format.encoding: {quoted(form.encoding)} is not a known encoding"
        findings.error("SPEC026", (*path, "encoding"), message, "utf-8, latin-1 and cp1252 are")
    findings.no_doubles((*path, "missing"), form.missing or ())


def _is_encoding(name: str) -> bool:
    """Whether bytes can be read as text with it (the codec 'zlib' exists too, and reads no text)."""
    try:
        return isinstance(b"a".decode(codecs.lookup(name).name, errors="replace"), str)
    except (LookupError, ValueError, UnicodeError):
        return False


def _check_roles(data: WrittenData, findings: Findings) -> None:
    """No column has two roles that exclude each other. Time may be a feature and an order; id may be a group."""
    lists = {"id": data.id or (), "ignore": data.ignore or ()}
    single = {"weight": data.weight, "group": data.group, "time": data.time}
    findings.not_empty(("data", "target"), data.target)
    for role, names in lists.items():
        findings.no_doubles(("data", role), names)
        for i, name in enumerate(names):
            findings.not_empty(("data", role, i), name)
            if name and name == data.target:
                message = f"the target {quoted(name)} is listed under data.{role} too"
                findings.error("SPEC040", ("data", role, i), message, "take it out of the list")
            if role == "ignore" and name in lists["id"]:
                message = f"column {quoted(name)} is listed under both data.id and data.ignore"
                findings.error("SPEC041", ("data", role, i), message, "id columns are no features either")
    for role, column in single.items():
        findings.not_empty(("data", role), column)
        if role == "weight" and column and any(column in names for names in lists.values()):
            findings.error(
                "SPEC041",
                ("data", role),
                f"the weights {quoted(column)} are listed under id or ignore too",
                "take it out of the list",
            )
        if column and column == data.target:
            findings.error(
                "SPEC040", ("data", role), f"the target {quoted(column)} is data.{role} too", "name another column"
            )
        if role == "weight" and column is not None and column in (data.group, data.time):
            findings.error(
                "SPEC041", ("data", role), f"column {quoted(column)} has two roles", "copy it to a column of its own"
            )


def _check_ensemble(spec: WrittenSpec, findings: Findings) -> None:
    size = spec.ensemble.size if spec.ensemble is not None else None
    if size is None:
        return
    if size < 1:
        findings.error("SPEC054", ("ensemble", "size"), f"ensemble.size: expected 1 or more, found {size}")
    elif size > 1:
        findings.later(("ensemble", "size"), "an ensemble of more than one model", "write 1, or leave it out")
