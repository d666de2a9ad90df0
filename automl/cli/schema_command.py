"""`automl schema`: the JSON Schema of the spec."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from automl.cli.reply import Reply
from automl.cli.screen import Screen


def add_arguments(_parser: ArgumentParser) -> None:
    """None of its own."""


def run(_found: Namespace, _screen: Screen) -> Reply:
    """Both formats print the schema itself: it is a JSON object as it stands."""
    import json

    from automl.spec.json_schema import spec_schema

    schema = spec_schema()
    return Reply(0, schema, json.dumps(schema, indent=2, ensure_ascii=True) + "\n")
