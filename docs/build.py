"""Writes the pages of docs/reference that registries know best: `python -m docs.build` in the root of a checkout.

spec.md and operators.md are made whole; metrics.md has a table of which this makes the lines. tests/test_docs.py holds
that all of them are up to date.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from automl.catalog import FAMILIES, METRICS, OPERATORS, Operator
from automl.catalog.operator import TaskName
from automl.compiler.resolve_spec import (
    DEFAULT_FOLDS,
    DEFAULT_HOLDOUT,
    DEFAULT_METRIC,
    DEFAULT_PARALLELISM,
    DEFAULT_TIME_S,
    DEFAULT_TRIALS,
    FOLDS_OF_LARGE_TABLES,
    LARGE_TABLE,
)
from automl.params import Choice, Param
from automl.spec.atoms import Number, OneOrMany, RowsOrTime, Scalar, Size, Time
from automl.spec.written import WrittenSpec

# Understood, and answered with SPEC090.
LATER = (
    "data.url", "data.query", "accept[].under", "accept[].drop_at_most", "accept[].for_each", "accept[].gap_at_most",
    "accept[].latency_p99", "package.sign",
)  # fmt: skip

FOLDER = Path(__file__).parent / "reference"
BEGIN, END = "<!-- made by docs.build: begin -->\n", "<!-- made by docs.build: end -->\n"

# What holds where a key is left out; a key that is not here has no effect then.
DEFAULTS: Mapping[str, str] = {
    "task": "decided from the target",
    "data.format.delimiter": "found out",
    "data.format.decimal": "`.`",
    "data.format.encoding": "found out",
    "data.format.missing": "see [data.md](data.md)",
    "data.positive": "the class with fewer rows",
    "data.columns.NAME.kind": "found out",
    "data.columns.NAME.missing": "as `data.format.missing`",
    "metric": ", ".join(f"{metric} ({task})" for task, metric in DEFAULT_METRIC.items()),
    "validation.kind": "time or group where `data` has such a column, else stratified for classes, else random",
    "validation.folds": f"{DEFAULT_FOLDS}; {FOLDS_OF_LARGE_TABLES} from {LARGE_TABLE:,} rows",
    "validation.holdout": str(DEFAULT_HOLDOUT),
    "search.trial.memory": "a share of what is free, see [executors.md](executors.md)",
    "search.seed": "0",
    "search.budget": f"{DEFAULT_TRIALS} trials or {DEFAULT_TIME_S:.0f} s, whichever is first",
    "search.trial.cpus": "1",
    "search.families": "all that fit the table: see [families.md](families.md)",
    "search.parallelism": str(DEFAULT_PARALLELISM),
    "ensemble.size": "1",
    "run.executor": "ray",
    "package.version": "1.0.0",
    "package.targets": "[python, docker]",
    "package.base_image": "`python:3.11-slim`",
    "package.unknown_category": "other",
    "package.missing_numeric": "median",
}
SPEC_HEAD = """# The spec: every key

Made from the language itself by `python -m docs.build`; `automl schema` prints the same as JSON Schema. NAME stands for
a name of yours, `[]` for an entry of a list. A time is `90s`, `10m`, `2h`; a size `500MB`, `2GiB`.

"""
OPERATORS_HEAD = """# Families and operators

Made from the catalog by `python -m docs.build`. `search.families` names families, `search.space` operators and their
parameters: those that are searched, and those that are fixed unless the spec says otherwise. Which steps a candidate
has, and how a spec asks for more: [steps.md](steps.md). Which families a table allows: [families.md](families.md).

## Families

"""
NAMED = {
    Time: "time",
    Size: "size",
    Number: "number",
    Scalar: "text, number, true or false",
    RowsOrTime: "rows or time",
    OneOrMany: "text or list of texts",
}
TYPES = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def pages() -> dict[Path, str]:
    """Every page that this makes, and its text."""
    metrics = FOLDER / "metrics.md"
    return {
        FOLDER / "spec.md": spec_page(),
        FOLDER / "operators.md": operators_page(),
        metrics: replaced(metrics.read_text(encoding="utf-8"), metrics_table()),
    }


def replaced(page: str, block: str) -> str:
    """The page with another text between its two marks. Raises ValueError where they are not there."""
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError("the marks of docs.build are not there")
    return before + BEGIN + block + END + after


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def spec_page() -> str:
    """docs/reference/spec.md: every key of the language."""
    rows = [
        (f"`{path}`", kind, "required" if needed else DEFAULTS.get(path, ""), words + _later(path))
        for path, kind, needed, words in keys(WrittenSpec, "")
    ]
    return SPEC_HEAD + table(("key", "type", "left out", "meaning"), rows)


def _later(path: str) -> str:
    later = any(path == one or path.startswith(one + ".") for one in LATER)
    return " **Not available yet.**" if later else ""


def keys(model: type[BaseModel], place: str) -> Iterator[tuple[str, str, bool, str]]:
    """Path, type, whether it is required, and meaning of every key, depth first."""
    for name, field in model.model_fields.items():
        path = place + name
        yield path, described(field.annotation), field.is_required(), field.description or ""
        for inner, suffix in models_in(field.annotation):
            yield from keys(inner, path + suffix + ".")


def models_in(annotation: Any) -> Iterator[tuple[type[BaseModel], str]]:
    """The mappings of the language inside a type, and what stands between the key and theirs."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, ""
    elif origin is Annotated:
        yield from models_in(arguments[0])
    elif origin in (Union, types.UnionType):
        for part in arguments:
            yield from models_in(part)
    elif origin is tuple:
        yield from ((model, "[]" + suffix) for model, suffix in models_in(arguments[0]))
    elif origin is not None and origin is not Literal and len(arguments) == 2:
        yield from ((model, ".NAME" + suffix) for model, suffix in models_in(arguments[1]))


def described(annotation: Any) -> str:
    """A type in words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in NAMED:
        return NAMED[annotation]
    if origin is Annotated:
        return described(arguments[0])
    if origin in (Union, types.UnionType):
        words = dict.fromkeys(described(part) for part in arguments if part is not type(None))
        return " or ".join(words)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin is tuple:
        return f"list of {described(arguments[0])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping"
    return TYPES.get(annotation, "mapping" if origin is not None else "value")


def operators_page() -> str:
    """docs/reference/operators.md: families, estimators, transformers, with their parameters."""
    families = [
        (f"`{name}`", family.doc, *(family.estimators.get(task, "not for it") for task in TASKS))
        for name, family in FAMILIES.items()
    ]
    parts = [OPERATORS_HEAD + table(("family", "what it is", *TASKS), families)]
    for role in ("estimator", "transformer"):
        parts.append(f"\n## {role.capitalize()}s\n")
        parts += [operator_text(operator) for operator in OPERATORS.values() if operator.role == role]
    return "".join(parts)


TASKS: tuple[TaskName, ...] = get_args(TaskName)
MISSING = {"refuses": "must be filled in before", "keeps": "stay", "removes": "are taken care of"}


def operator_text(operator: Operator) -> str:
    """One operator: title, what goes in, what comes out, its parameters."""
    kinds = ", ".join(sorted(kind.value for kind in operator.accepts))
    lines = [
        f"\n### {operator.name}\n\n{operator.title[:1].upper()}{operator.title[1:]}.\n",
        f"Takes {kinds}; gives {operator.gives.value}. Missing values {MISSING[operator.missing]}. "
        f"Tasks: {', '.join(sorted(operator.tasks))}."
        + (" Keeps training rows." if operator.keeps_rows else "")
        + (" In training its output is made by inner folds." if operator.cross_fitted else "")
        + "\n",
    ]
    if operator.space or operator.fixed:
        searched = [(f"`{name}`", *domain(param), operator.doc(name)) for name, param in operator.space.items()]
        fixed = [(f"`{name}`", "fixed", said(value), operator.doc(name)) for name, value in operator.fixed.items()]
        lines.append(table(("parameter", "searched in", "default", "meaning"), [*searched, *fixed]))
    return "\n".join(lines)


def said(value: object) -> str:
    """A value as a spec writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def domain(param: Param) -> tuple[str, str]:
    """What is searched, and the default."""
    if isinstance(param, Choice):
        return ", ".join(map(said, param.options)), said(param.default)
    scale = ", logarithmic" if param.log else ""
    whole = "whole numbers " if param.type == "int" else ""
    return f"{whole}{param.low:g} to {param.high:g}{scale}", f"{param.default:g}"


DOMAINS = {"any": "", "not_negative": "0 or more", "positive": "above 0", "not_zero": "0 warns"}


def metrics_table() -> str:
    """The table of metrics.md."""
    rows = [
        (
            name,
            metric.title,
            ", ".join(sorted(metric.tasks)),
            "larger" if metric.greater_is_better else "smaller",
            "out of fold" if metric.chooses_threshold else "",
            DOMAINS[metric.domain],
            metric.objective if "regression" in metric.tasks else "",
        )
        for name, metric in METRICS.items()
    ]
    return table(
        ("metric", "what it is", "tasks", "better", "threshold", "target", "trees and baseline optimise"), rows
    )


def main() -> None:
    """Write what differs, and name it."""
    for path, text in pages().items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(path.relative_to(FOLDER.parent.parent))


if __name__ == "__main__":
    main()
