"""What the user says of the table, as plain values: the part of a spec that reading needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from automl.kinds import Kind
from automl.runtime.values import BLANKS, DEFAULT_MISSING
from automl.spec.model import ColumnSpec
from automl.spec.quality import Checks


@dataclass(frozen=True)
class DataSettings:
    """Roles and overrides. `missing` are the texts that mean missing in every column; None: `DEFAULT_MISSING`."""

    target: str
    id: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    group: str | None = None
    time: str | None = None
    columns: Mapping[str, ColumnSpec] = field(default_factory=dict)
    missing: tuple[str, ...] | None = None
    decimal: str | None = None  # the mark that the user gives; None: found out
    checks: Checks = field(default_factory=dict)
    weight: str | None = None
    fold: str | None = None  # the column that names the fold of each row

    def tokens(self, name: str) -> tuple[str, ...]:
        """The texts that mean missing in this column, without blanks around them, sorted; an empty cell always is."""
        own = self.columns[name].missing if name in self.columns else None
        first = own if own is not None else self.missing
        chosen = DEFAULT_MISSING if first is None else first
        return tuple(sorted({"", *(token.strip(BLANKS) for token in chosen)}))

    def kind(self, name: str) -> Kind | None:
        """The kind that the user gives this column."""
        return self.columns[name].kind if name in self.columns else None

    def named(self) -> Iterator[tuple[str, str]]:
        """Every column that is named, with the key that names it."""
        yield "target", self.target
        for key, names in (("id", self.id), ("ignore", self.ignore), ("columns", tuple(self.columns))):
            for name in names:
                yield key, name
        for key, one in (("group", self.group), ("time", self.time), ("weight", self.weight)):
            if one is not None:
                yield key, one
