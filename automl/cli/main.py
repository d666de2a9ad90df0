"""`automl`: finds the command, runs it, and turns whatever happens into an exit code and one answer.

Exit codes: 0 done; 1 the user's mistake; 2 wrong usage; 3 a bug; 4 not accepted; 6 `verify` found a difference;
130 interrupted (5 is kept for drift). `--help` and `--version` import nothing but argparse and the argument lists.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from automl.cli.parser import Parser, add_common, top_parser, wants_json
from automl.cli.reply import Reply, Shown, UsageError, failure, plain_diagnostic, printable
from automl.cli.screen import Screen, kept_stdout, write

COMMANDS = {
    "compile": "validate a spec, read its data, and show the plan before any work is done",
    "train": "search, select, fit and emit the package",
    "predict": "predict a file with an emitted package, in chunks",
    "verify": "refit the winner from lock and data and compare every byte",
    "status": "what a run has done, is doing, and still has to do",
    "schema": "print the JSON Schema of the spec, for editors",
}
EXITS = """exit codes: 0 done, 1 mistake in spec or data, 2 wrong usage, 3 bug, 4 acceptance criteria not met,
6 verify found a difference, 130 interrupted (finished work is kept)"""


def entry() -> None:
    """The console script."""
    sys.exit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (default: sys.argv) and return the exit code. Never raises, never exits."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    as_json = wants_json(arguments)
    with kept_stdout() as out:
        reply = answer(arguments, as_json)
        refused = write(out, reply.text if as_json else printable(reply.text))
    if refused is None:
        return reply.code
    return reply.code or _unanswered(refused)


def answer(arguments: list[str], as_json: bool) -> Reply:
    """The reply to a command line; with `as_json` its text is the JSON object, else failures are told on stderr."""
    reply = _answer(arguments, Screen(json=as_json))
    if not as_json:
        return reply
    try:
        return reply._replace(text=_json_text(reply))
    except ValueError as unwritable:  # a NaN where the contract wants a number: a bug, told as one
        from automl.cli.failures import reply_to

        reply = reply_to(unwritable, Screen(json=True))
        return reply._replace(text=_json_text(reply))


def _answer(arguments: list[str], screen: Screen) -> Reply:
    try:
        found = build_parser(arguments).parse_args(arguments)
        screen = Screen(found.quiet, found.verbose, screen.json)
        return _run(found, screen)
    except Shown as shown:
        return Reply(0, {"ok": True, shown.key: shown.text.rstrip()}, shown.text)
    except UsageError as wrong:
        if not screen.json:
            write(sys.stderr, printable(f"{wrong.usage}\n{wrong.message}\n" if wrong.usage else f"{wrong.message}\n"))
        return Reply(2, failure([plain_diagnostic("CLI001", wrong.message, wrong.usage or None)]), "")
    except (Exception, KeyboardInterrupt) as raised:
        from automl.cli.failures import reply_to  # only now: errors.py costs more than `--help` may take

        return reply_to(raised, screen)


def _unanswered(refused: OSError) -> int:
    """The exit code of a command that did its work and could not say so."""
    from automl.cli.failures import reply_to
    from automl.errors import error

    hint = "the work is done all the same; what a run has done stands in its folder"
    told = error("CLI007", f"the answer cannot be written to stdout: {refused.strerror}", hint)
    return reply_to(told, Screen()).code


def build_parser(arguments: Sequence[str]) -> Parser:
    """The parser, with the arguments of the one command that is named (of all, where none is)."""
    top = top_parser("A YAML spec in, a verified, standalone model package out.", EXITS)
    commands = top.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    named = [name for name in COMMANDS if name in arguments]
    for name, title in COMMANDS.items():
        sub = commands.add_parser(
            name, prog=f"automl {name}", description=_sentence(title), help=title, add_help=False, allow_abbrev=False
        )
        add_common(sub)
        if not named or name in named:
            _module(name).add_arguments(sub)
    return top


def _run(found: Namespace, screen: Screen) -> Reply:
    reply: Reply = _module(found.command).run(found, screen)
    return reply


def _module(name: str) -> ModuleType:
    return import_module(f"automl.cli.{name}_command")


def _sentence(title: str) -> str:
    return title[0].upper() + title[1:] + "."


def _json_text(reply: Reply) -> str:
    import json

    return json.dumps(reply.body, indent=2, ensure_ascii=True, allow_nan=False) + "\n"
