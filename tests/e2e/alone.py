"""Run as a script, in a Python of its own: what a package predicts for a file of rows, all at once and one by one.

python alone.py SOURCE NAME ROWS.json OUT. OUT gets the bits of the batch (float64), then those of the single rows.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

ABSENT = ("automl", "sklearn", "scipy", "pandas", "pyarrow", "ray", "optuna", "joblib", "tests")


class Absent:
    """Makes modules absent that the training machine has."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"no {name} here", name=name)


def main() -> None:
    source, name, rows, out = sys.argv[1:]
    sys.meta_path.insert(0, Absent)  # type: ignore[arg-type]
    sys.path.insert(0, source)
    package = import_module(name)
    lines = json.loads(Path(rows).read_text(encoding="utf-8"))
    batch = package.predict_proba(lines)
    single = [package.predict_proba(line) for line in lines]
    Path(out).write_bytes(batch.tobytes() + b"".join(one.tobytes() for one in single))


if __name__ == "__main__":
    main()
