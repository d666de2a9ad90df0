"""Whether a table fits into the memory of this machine: estimated from the sizes of its files, before it is read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.errors import AutomlError, Diagnostic
from automl.runtime.files import CSV_SUFFIXES, JSON_SUFFIXES
from automl.spec.quality import Checks, action

# Bytes of memory at the peak of reading, for each byte of text, and for each cell of stored numbers. Measured.
CSV, JSON, STORED, CELL = 3.0, 8.0, 3.0, 24.0
NOTED = 0.25  # the share of memory from which on the size is told
_MOST_PACKED = 1000.0  # times that gzip makes a text smaller, at most
_SAMPLE = 1 << 24  # bytes of unpacked text
_CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Size:
    """About what reading takes, in bytes of memory, and about how many rows there are (0: not known)."""

    memory: float
    rows: float

    def __add__(self, other: Size) -> Size:
        return Size(self.memory + other.memory, self.rows + other.rows if self.rows and other.rows else 0.0)


def check_size(files: Sequence[Path], checks: Checks, memory: int | None = None) -> list[Diagnostic]:
    """A note (DATA016) where reading takes much of `memory` (bytes; None: what this machine has).

    Raises AutomlError (DATA015) where it takes more than there is; OSError.
    """
    room = memory_bytes() if memory is None else memory
    if sum(_at_most(file) for file in files) < NOTED * room:
        return []
    sizes = [_size(file) for file in files]
    size = sum(sizes[1:], sizes[0])
    if size.memory < NOTED * room:
        return []
    fitting = f"; about {_rows(size.rows * room / size.memory)} rows of this width would fit" if size.rows else ""
    rows = f" of about {_rows(size.rows)} rows" if size.rows else ""
    needed, there = size_text(size.memory), size_text(room)
    message = f"reading the table{rows} takes about {needed} of the {there} of memory here{fitting}"
    if size.memory <= room:
        return [Diagnostic("note", "DATA016", message)]
    hint = "use fewer rows or columns, or a machine with more memory; data.checks DATA015: warn tries all the same"
    wrong = Diagnostic("error", "DATA015", message, file=str(files[0]), hint=hint)
    if action(checks, "DATA015") == "error":
        raise AutomlError(wrong)
    return [Diagnostic("warning", "DATA015", message, file=str(files[0]))]


def memory_bytes() -> int:
    """The memory that is free, or that the container may still take: the smaller one of the two."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for line in _lines(Path("/proc/meminfo")):
        if line.startswith("MemAvailable:"):
            found.append(int(line.split()[1]) * 1024)
    own = [line.split(":", 2)[2].lstrip("/") for line in _lines(Path("/proc/self/cgroup"))]
    for folder in (_CGROUPS, *(_CGROUPS / name for name in own), _CGROUPS / "memory"):
        for most, used in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
            held = _number(folder / used) - _files_kept(folder / "memory.stat")
            found += [int(line) - max(0, held) for line in _lines(folder / most) if line.isdigit()]
    return max(0, min(found))


def size_text(size: float) -> str:
    """Bytes for a message, in three digits: `300 MiB`, `126 GiB`."""
    unit, name = (1 << 30, "GiB") if size >= 1 << 30 else (1 << 20, "MiB")
    return f"{float(f'{size / unit:.3g}'):g} {name}"  # the second one writes 1020 where the first writes 1.02e+03


def _number(file: Path) -> int:
    return next((int(line) for line in _lines(file) if line.isdigit()), 0)


def _files_kept(stat: Path) -> int:
    """Bytes of files that a container keeps in memory, and gives up where it needs the memory."""
    kept = dict(line.split(" ", 1) for line in _lines(stat) if " " in line)
    return int(kept.get("total_inactive_file", kept.get("inactive_file", "0")))


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []


def _at_most(file: Path) -> float:
    """More than reading can take, without a look into the file."""
    name, size = file.name.lower(), file.stat().st_size
    factor = JSON if name.endswith(JSON_SUFFIXES) else CSV
    return size * factor * (1.0 if name.endswith((".csv", ".tsv", ".jsonl", ".ndjson")) else _MOST_PACKED)


def _size(file: Path) -> Size:
    name = file.name.lower()
    if name.endswith((*CSV_SUFFIXES, *JSON_SUFFIXES)):
        return _text_size(file, JSON if name.endswith(JSON_SUFFIXES) else CSV)
    return _parquet_size(file) if name.endswith(".parquet") else Size(file.stat().st_size * STORED, 0.0)


def _text_size(file: Path, factor: float) -> Size:
    """By a sample from the start: how far it is packed, and how long its lines are."""
    import pyarrow as arrow

    whole, packed = float(file.stat().st_size), file.suffix.lower()
    with file.open("rb") as raw:
        if packed in (".gz", ".zst"):
            try:
                stream = arrow.CompressedInputStream(arrow.PythonFile(raw), "gzip" if packed == ".gz" else "zstd")
                sample = stream.read(_SAMPLE)
            except OSError:  # no whole file: told where it is read
                sample = b""
            whole *= len(sample) / max(1, raw.tell())
        else:
            sample = raw.read(1 << 20)
    lines = sample.count(b"\n")
    return Size(whole * factor, whole / len(sample) * lines if lines else 0.0)


def _parquet_size(file: Path) -> Size:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        found = parquet.read_metadata(file)
    except arrow.ArrowException:  # no parquet file: told where it is read
        return Size(0.0, 0.0)
    groups = [found.row_group(number) for number in range(found.num_row_groups)]
    texts = sum(_texts(group.column(at)) for group in groups for at in range(found.num_columns))
    return Size(found.num_rows * found.num_columns * CELL + texts * STORED, float(found.num_rows))


def _texts(chunk: Any) -> int:
    return int(chunk.total_uncompressed_size) if chunk.physical_type == "BYTE_ARRAY" else 0


def _rows(count: float) -> str:
    """Two digits: it is an estimate."""
    return f"{int(float(f'{count:.2g}')):,}"
