"""The command line: predict, serve, info, check, refit.

Exit codes: 0 done; 1 the input or the package is wrong (a message says how); 2 wrong usage; 6 `refit --check` found a
difference.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

PROGRAM = "telco_churn"
_READABLE = "csv, tsv or jsonl (also .gz; with pyarrow .zst); with pyarrow parquet, arrow or feather"


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    if options.command == "refit":
        _pin_threads()
    from .integrity import TamperedArtifact
    from .scoring.table import BadInput

    try:
        return _COMMANDS[options.command](options)
    except BadInput as bad:
        for problem in bad.problems:
            print(f"{PROGRAM}: {problem}", file=sys.stderr)
    except (TamperedArtifact, OSError, ImportError) as problem:
        print(f"{PROGRAM}: {problem}", file=sys.stderr)
    return 1


def entry() -> None:
    """The console script."""
    sys.exit(main())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description="A binary model, made and pinned by automl 0.1.0.")
    commands = parser.add_subparsers(dest="command", required=True)
    predict = commands.add_parser("predict", help="predict every row of a file")
    predict.add_argument("data", type=Path, metavar="DATA", help=_READABLE)
    predict.add_argument("-o", "--out", type=Path, required=True, metavar="OUT", help="csv, csv.gz or parquet")
    _add_serve(commands.add_parser("serve", help="answer requests over HTTP (needs the extra 'server')"))
    commands.add_parser("info", help="check the package and say what it is, as JSON")
    check = commands.add_parser("check", help="say whether every row of a file can be predicted, and why not")
    check.add_argument("data", type=Path, metavar="DATA", help=_READABLE)
    refit = commands.add_parser("refit", help="fit the same model again (needs the extra 'refit')")
    refit.add_argument("--data", type=Path, required=True, nargs="+", metavar="D", help="the training file, or files")
    what = refit.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true", help="compare with the artifacts of this package, byte for byte")
    what.add_argument("-o", "--out", type=Path, metavar="FOLDER", help="write the new artifacts there")
    return parser


def _add_serve(serve: argparse.ArgumentParser) -> None:
    """Every option has its default from an environment variable, as containers set them."""
    settings = (
        ("host", "127.0.0.1", str, "the address to listen on"),
        ("port", "8000", int, "the port; 0 takes a free one"),
        ("max-body-bytes", str(1 << 23), int, "the largest body of a request"),
        ("max-rows", "10000", int, "the most rows of a request"),
        ("timeout", "30", float, "seconds for a body to come in, and for requests to end after a SIGTERM"),
    )
    for name, default, kind, words in settings:
        variable = "MODEL_" + name.replace("-", "_").upper()
        value = os.environ.get(variable, default)
        serve.add_argument(f"--{name}", type=kind, default=value, help=f"{words} ({variable}, or {default})")


def _predict(options: argparse.Namespace) -> int:
    from .batch import predict_file

    rows = predict_file(options.data, options.out)
    print(f"{PROGRAM}: {rows} rows", file=sys.stderr)
    return 0


def _serve(options: argparse.Namespace) -> int:
    absent = [name for name in ("fastapi", "uvicorn") if find_spec(name) is None]
    if absent:
        needs = f"serve needs {' and '.join(absent)}: install the extra 'server', or requirements-server.lock"
        print(f"{PROGRAM}: {needs}", file=sys.stderr)
        return 1
    from .server import Settings, serve

    limits = (options.max_body_bytes, options.max_rows, options.timeout)
    serve(Settings(options.host, options.port, *limits))
    return 0


def _info(options: argparse.Namespace) -> int:
    from .about import facts
    from .model import load

    load()
    print(json.dumps(facts(), indent=2))
    return 0


def _check(options: argparse.Namespace) -> int:
    from .batch import check_file

    rows, problems = check_file(options.data)
    for problem in problems:
        print(problem)
    found = f"at least {len(problems)} problems" if problems else "no problem"
    print(f"{PROGRAM}: {rows} rows, {found}", file=sys.stderr)
    return 1 if problems else 0


def _refit(options: argparse.Namespace) -> int:
    from .refit import check_artifacts, write_artifacts

    if not options.check:
        write_artifacts(options.data, options.out)
        return 0
    differences = check_artifacts(options.data)
    for difference in differences:
        print(difference)
    verdict = f"{len(differences)} artifacts differ" if differences else "every artifact has the same bytes"
    print(f"{PROGRAM}: {verdict}")
    return 6 if differences else 0


def _pin_threads() -> None:
    """One thread per fit, as in training. Works because numpy is not loaded yet."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        os.environ[variable] = "1"


_COMMANDS = {"predict": _predict, "serve": _serve, "info": _info, "check": _check, "refit": _refit}

if __name__ == "__main__":
    entry()
