"""Plain tables for a terminal of any width."""

from __future__ import annotations

from collections.abc import Sequence

WIDEST = 60  # a name of 10 kB must not push everything else off the screen


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> str:
    """Rows under headers, columns aligned (`right`: positions of right-aligned ones), the last column as it is."""
    shown = [[_short(cell) for cell in row[:-1]] + [_flat(row[-1])] for row in rows]
    lines = [list(headers), *shown]
    widths = [max(len(line[i]) for line in lines) for i in range(len(headers))]
    return "".join(_line(line, widths, right) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int], right: frozenset[int]) -> str:
    padded = [c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(cells, widths, strict=True))]
    return ("  " + "  ".join(padded)).rstrip() + "\n"


def _flat(cell: str) -> str:
    return cell.replace("\n", " ")


def _short(cell: str) -> str:
    flat = _flat(cell)
    return flat if len(flat) <= WIDEST else flat[: WIDEST - 1] + "…"
