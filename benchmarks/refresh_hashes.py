"""Refresh automl/emit/hashes.json and server_hashes.json: the libraries that emitted packages pin. Run at each release.

    python benchmarks/refresh_hashes.py [NAME==VERSION ...]

Without arguments: the versions installed here. Asks the package index in the ordinary way, through `uv pip compile`;
versions that the table already holds stay in it. The libraries of the server are no part of what trains, so they need
not be installed: their table holds the newest release of each, and nothing else. Emission never looks anything up.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

TABLE = Path(__file__).resolve().parents[1] / "automl" / "emit" / "hashes.json"
SERVER_TABLE = TABLE.with_name("server_hashes.json")
SERVER_ROOTS = ("fastapi", "uvicorn")
ROOTS = ("lightgbm", "numpy", "pyarrow", "scikit-learn")
Entry = dict[str, list[str]]


def main(wanted: list[str]) -> None:
    """Add what `wanted` and its dependencies resolve to."""
    table = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.is_file() else {}
    lines = wanted or [f"{name}=={version(name)}" for name in ROOTS]
    for name, release, entry in parse(compile_lock(lines + pins())):
        table.setdefault(name, {})[release] = entry
    write(TABLE, table)
    if not wanted:
        found = parse(compile_lock(list(SERVER_ROOTS)))
        write(SERVER_TABLE, {name: {release: entry} for name, release, entry in found})


def write(path: Path, table: dict[str, dict[str, Entry]]) -> None:
    """Write a table, and say what it holds."""
    path.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n", encoding="utf-8", newline="\n")
    print(f"{path.name}: {sum(len(releases) for releases in table.values())} releases of {len(table)} projects")


def pins() -> list[str]:
    """The indirect dependencies at the versions installed here."""
    return [f"{name}=={version(name)}" for name in ("joblib", "narwhals", "scipy", "threadpoolctl")]


def compile_lock(lines: list[str]) -> str:
    """The lock that uv makes of `lines`, with the hashes of every file of each release."""
    command = ["uv", "pip", "compile", "-", "--quiet", "--generate-hashes", "--no-emit-index-url", "--no-header"]
    done = subprocess.run(
        [*command, "--universal"], input="\n".join(lines), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def parse(lock: str) -> list[tuple[str, str, Entry]]:
    """Name, release, hashes and requirements of every entry; what requires what stands in uv's '# via' comments."""
    hashes: dict[str, list[str]] = {}
    users: dict[str, list[str]] = {}
    releases: dict[str, str] = {}
    current = ""
    for line in lock.splitlines():
        if line and line[0] not in " #":
            if "win32" in line or "emscripten" in line:  # packages are for Linux
                current = ""
                continue
            current, release = line.removesuffix("\\").split(";")[0].strip().split("==")
            releases[current], hashes[current], users[current] = release.strip(), [], []
        elif not current:
            continue
        elif "--hash=" in line:
            hashes[current].append(line.split("--hash=")[1].removesuffix("\\").strip())
        elif line.lstrip().startswith("#"):
            users[current].append(line.replace("# via", "#").strip(" #"))
    return [
        (
            name,
            releases[name],
            {"hashes": sorted(hashes[name]), "requires": sorted(n for n in users if name in users[n])},
        )
        for name in sorted(releases)
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
