"""A column of texts, read as what its values are: numbers, booleans, times, or texts after all.

What is accepted is exactly what `automl.runtime.values` accepts; arrow only does it faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as arrow
import pyarrow.compute as compute

from automl.data.times import find_times
from automl.runtime.columns import Column, Floats, Text
from automl.runtime.table import ColumnSpec
from automl.runtime.values import BLANKS, canonical_text, is_number, parse_boolean

# Texts that stand for "no value" in a column whose other values are numbers or times; elsewhere they may be categories.
PLACEHOLDERS = frozenset(
    {"?", "-", "--", ".", "*", "n/a", "na", "n.a.", "None", "none", "NONE", "Null", "NIL", "nil", "NaT", "<NA>", "#N/A"}
    | {"unknown", "Unknown", "UNKNOWN", "missing", "Missing", "MISSING", "#VALUE!", "#DIV/0!", "#REF!", "(null)"}
)
_LEADING_ZERO = r"^[+-]?0[0-9]"  # 01234 is a name: a number would lose the zero
_TRIED = 200  # values that rule numbers out before a whole column is tried


@dataclass(frozen=True)
class Reading:
    """Values read as one physical type. `extra`: texts that were made missing tokens; `rival`: another time format."""

    spec: ColumnSpec
    values: Column
    extra: tuple[str, ...] = ()
    rival: str | None = None


@dataclass(frozen=True)
class Cells:
    """The texts of a column. `spec.tokens` say what is missing; the physical type of `spec` means nothing yet."""

    texts: Any  # arrow string array without blanks around the texts
    spec: ColumnSpec

    @cached_property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which rows have a value, shape (rows,)."""
        tokens = arrow.array(sorted(self.spec.tokens), type=arrow.string())
        missing = compute.or_(compute.is_null(self.texts), compute.is_in(self.texts, tokens))
        found: npt.NDArray[np.bool_] = ~np.asarray(missing)
        return found

    @cached_property
    def values(self) -> Any:
        """The texts that are not missing, as an arrow array."""
        return self.texts if self.present.all() else self.texts.filter(arrow.array(self.present))

    @cached_property
    def encoded(self) -> tuple[npt.NDArray[np.int64], list[str]]:
        """The distinct texts that are not missing, and the code of each of `values`."""
        encoded = compute.dictionary_encode(self.values)
        return np.asarray(encoded.indices).astype(np.int64), encoded.dictionary.to_pylist()

    def spread(self, values: Floats) -> Floats:
        """Values of the rows that have one, NaN in the others; tokens that are numbers become NaN."""
        found = np.full(len(self.texts), np.nan)
        found[self.present] = values
        found[~np.isfinite(found) | np.isin(found, self.spec.missing_numbers)] = np.nan
        return found

    def without(self, tokens: Sequence[str]) -> Cells:
        """The same texts with more missing tokens."""
        return Cells(self.texts, ColumnSpec(self.spec.name, "text", self.spec.tokens | frozenset(tokens)))


def cells_of(texts: Any, spec: ColumnSpec) -> Cells:
    """Cells of an arrow array of strings."""
    return Cells(compute.utf8_trim(texts, characters=BLANKS), spec)


def infer(cells: Cells, plain: bool) -> Reading:
    """Numbers, else booleans, else times, else texts. `plain`: only numbers or texts (for a target)."""
    if len(cells.values) == 0:
        return _reading(cells, "number", cells.spread(np.empty(0)))
    numbers = None if _leads_with_zero(cells) else read_numbers(cells)
    if numbers is not None:
        return _reading(cells, "number", numbers)
    distinct = cells.encoded[1]
    placeholders = tuple(sorted(text for text in distinct if text in PLACEHOLDERS))
    if placeholders and len(placeholders) < len(distinct):
        rest = infer(cells.without(placeholders), plain)
        if rest.spec.physical in ("number", "datetime"):
            return Reading(rest.spec, rest.values, tuple(sorted({*placeholders, *rest.extra})), rest.rival)
    if not plain and len(distinct) <= 6 and all(parse_boolean(text) in (0.0, 1.0) for text in distinct):
        return read_booleans(cells) or read_texts(cells)
    return (None if plain else read_datetimes(cells)) or read_texts(cells)


def _leads_with_zero(cells: Cells) -> bool:
    return bool(compute.any(compute.match_substring_regex(cells.values, _LEADING_ZERO)).as_py())


def read_numbers(cells: Cells) -> Floats | None:
    """All values as numbers; None where one is none."""
    if not all(is_number(text) for text in cells.values[:_TRIED].to_pylist()):
        return None
    try:
        found = np.asarray(cells.values.cast(arrow.float64()))
    except arrow.ArrowInvalid:
        return None
    odd = cells.values.filter(arrow.array(~np.isfinite(found))).to_pylist()  # arrow also reads "nan(1)"
    return cells.spread(found) if all(map(is_number, odd)) else None


def read_stray_numbers(cells: Cells) -> Reading:
    """Values as numbers; those that are none become missing tokens."""
    stray = tuple(sorted(text for text in cells.encoded[1] if not is_number(text)))
    rest = cells.without(stray) if stray else cells
    numbers = read_numbers(rest)
    assert numbers is not None  # all that is left is a number
    return Reading(_spec(rest, "number"), numbers, stray)


def read_booleans(cells: Cells) -> Reading | None:
    """Values as 0 and 1 out of true and false in any case, or the digits; None where one is neither."""
    codes, distinct = cells.encoded
    table = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0}
    found = np.array([table.get(text, parse_boolean(text)) for text in distinct], dtype=np.float64)
    return None if np.isnan(found).any() else _reading(cells, "boolean", cells.spread(found[codes]))


def read_datetimes(cells: Cells) -> Reading | None:
    """Values as seconds since 1970 UTC; None where no format fits all of them."""
    codes, distinct = cells.encoded
    times = find_times(distinct)
    if times is None:
        return None
    spec = ColumnSpec(cells.spec.name, "datetime", cells.spec.tokens, times.format)
    return Reading(spec, cells.spread(times.seconds[codes]), (), times.rival)


def read_texts(cells: Cells) -> Reading:
    """Values as canonical texts."""
    codes, distinct = cells.encoded
    levels: dict[str, int] = {}
    table = np.array([_code(text, cells.spec, levels) for text in distinct], dtype=np.int32)
    found = np.full(len(cells.texts), -1, dtype=np.int32)
    found[cells.present] = table[codes]
    return _reading(cells, "text", Text(found, tuple(levels)))


def _code(text: str, spec: ColumnSpec, levels: dict[str, int]) -> int:
    canonical = canonical_text(text)
    if canonical is None or canonical in spec.tokens:
        return -1
    return levels.setdefault(canonical, len(levels))


def few_strays(cells: Cells) -> tuple[str, ...]:
    """The values that keep a column from being numbers, where they are few: at most one in twenty distinct ones."""
    distinct = cells.encoded[1]
    first = distinct[:_TRIED]
    if len(distinct) < 20 or sum(map(is_number, first)) < 0.9 * len(first) or _leads_with_zero(cells):
        return ()
    stray = tuple(sorted(text for text in distinct if not is_number(text)))
    return stray if len(stray) <= 0.05 * len(distinct) else ()


def _reading(cells: Cells, physical: Any, values: Column) -> Reading:
    return Reading(_spec(cells, physical), values)


def _spec(cells: Cells, physical: Any) -> ColumnSpec:
    return ColumnSpec(cells.spec.name, physical, cells.spec.tokens)
