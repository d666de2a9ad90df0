"""YAML text to plain values, with the place of every key and value, and every structural mistake.

Built on the events of PyYAML's parser, not on its constructors: nothing in the text can name a Python object, an alias
cannot blow up, and depth and size are bounded before anything is built.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from automl.errors import Diagnostic
from automl.spec.places import Entry, Path, Places, Spot, dotted, quoted, split_lines
from automl.spec.scalars import FORBIDDEN, NotFiniteError, plain_value
from automl.spec.syntax import syntax_error

MAX_DEPTH: Final = 32
MAX_VALUES: Final = 10_000  # keys and values, aliases counted with all that they stand for


class _Stop(Exception):
    """What follows cannot be read."""


@dataclass
class Parsed:
    """What was read: the value, its places, the findings, and the paths whose values are unusable."""

    value: Any
    places: Places
    found: list[Diagnostic]
    bad: set[Path]


def parse_yaml(text: str, file: str) -> Parsed:
    """Read a whole text. Never raises for what the text holds."""
    reader = _Reader(Places(file, split_lines(text), {}))
    value = None
    try:
        value = reader.document(_events(text, reader))
    except _Stop:
        reader.bad.add(())
    places = Places(file, reader.places.lines, reader.entries)
    return Parsed(value, places, reader.found, reader.bad)


def _events(text: str, reader: _Reader) -> Iterator[Any]:
    """The events of the parser; a syntax error becomes a finding and ends them."""
    loader = yaml.SafeLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()  # type: ignore[no-untyped-call]
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # the last two: impossible escapes and versions
        reader.found.append(syntax_error(error, loader.get_mark(), reader.places))
        raise _Stop from None
    finally:
        loader.dispose()


@dataclass
class _Reader:
    """Builds values from events. `count` bounds the work; `anchors` holds what each stands for, with its count."""

    places: Places
    found: list[Diagnostic] = field(default_factory=list)
    bad: set[Path] = field(default_factory=set)
    entries: dict[Path, Entry] = field(default_factory=dict)
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    open_anchors: set[str] = field(default_factory=set)
    count: int = 0

    def document(self, events: Iterator[Any]) -> Any:
        """The value of the only document."""
        value, documents = None, 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.report("SPEC012", self.spot(event), "a second document begins here", "a spec is one document")
                    raise _Stop
            elif isinstance(event, yaml.NodeEvent):
                value = self.node(event, events, ())
        return value

    def node(self, event: Any, events: Iterator[Any], path: Path) -> Any:
        """The value that begins with this event; its place is noted under `path`."""
        spot = self.spot(event)
        self.entries[path] = Entry(self.entries[path].key if path in self.entries else spot, spot)
        self.tally(1, spot)
        if len(path) > MAX_DEPTH:
            self.report(
                "SPEC011", spot, f"nested more than {MAX_DEPTH} levels deep", "no part of the language lies so deep"
            )
            raise _Stop
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, path, spot)
        if event.tag is not None and event.tag != "!":
            self.reject("SPEC016", path, spot, f"the tag {quoted(event.tag)} is not allowed", "leave the tag out")
        before = self.count
        if event.anchor is not None:
            self.open_anchors.add(event.anchor)
        value = self.content(event, events, path)
        if event.anchor is not None:
            self.open_anchors.discard(event.anchor)
            self.anchors[event.anchor] = (value, self.count - before + 1)
        return value

    def content(self, event: Any, events: Iterator[Any], path: Path) -> Any:
        """The value of a node that is no alias."""
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(events, path)
        return self.mapping(events, path)

    def alias(self, event: Any, path: Path, spot: Spot) -> Any:
        """What the alias stands for: the very same value, counted as if it were written out."""
        if event.anchor in self.open_anchors or event.anchor not in self.anchors:
            inside = event.anchor in self.open_anchors
            why = "stands for something that holds it" if inside else "has no anchor before it"
            self.reject("SPEC009", path, spot, f"the alias {quoted('*' + event.anchor)} {why}")
            return None
        value, count = self.anchors[event.anchor]
        self.tally(count - 1, spot)
        return value

    def scalar(self, event: Any, path: Path) -> Any:
        """A text, number, boolean or null."""
        spot = self.spot(event)
        found = FORBIDDEN.search(event.value)
        if found:
            code = f"U+{ord(found[0]):04X}"
            self.reject("SPEC005", path, spot, f"{dotted(path)} holds the control character {code}", "leave it out")
            return None
        if not event.implicit[0] or event.tag == "!":
            return event.value
        try:
            return plain_value(event.value)
        except NotFiniteError:
            self.reject(
                "SPEC018",
                path,
                spot,
                f"{dotted(path)}: the number is infinite, not a number, or too large",
                "put it in quotes where a text is meant",
            )
            return None

    def sequence(self, events: Iterator[Any], path: Path) -> list[Any]:
        """A list, up to its end."""
        items: list[Any] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self.node(event, events, (*path, len(items))))
        return items

    def mapping(self, events: Iterator[Any], path: Path) -> dict[str, Any]:
        """A mapping, up to its end. Of a key that is written twice the first value counts."""
        items: dict[str, Any] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self.key(event, events, path)
            if key is None or key in items:
                if key is not None:
                    first = self.entries[(*path, key)].key.line
                    where = dotted(path) if path else "the top level"
                    message = f"key {quoted(key)} is written twice under {where}"
                    self.report("SPEC008", self.spot(event), message, f"the first one is on line {first}")
                self.skip(events, path)
                continue
            spot = self.spot(event)
            self.entries[(*path, key)] = Entry(spot, spot)
            items[key] = self.node(next(events), events, (*path, key))
        return items

    def key(self, event: Any, events: Iterator[Any], path: Path) -> str | None:
        """The text of a key; None, with a finding, where it is none that can be used."""
        spot = self.spot(event)
        if not isinstance(event, yaml.ScalarEvent):
            self.report("SPEC015", spot, f"a key of {dotted(path)} is not a text", "write a plain name as the key")
            if not isinstance(event, yaml.AliasEvent):
                self.aside(event, events, path)
            return None
        hidden: Path = (*path, "\0")
        value = self.scalar(event, hidden)
        if hidden in self.bad:
            self.bad.discard(hidden)
            return None
        if event.value == "<<" and event.implicit[0]:
            self.report("SPEC017", spot, "merge keys are not part of the language", "write the keys out")
            return None
        if event.tag is not None and event.tag != "!":
            self.report("SPEC016", spot, f"the tag {quoted(event.tag)} is not allowed", "leave the tag out")
        if not isinstance(value, str):
            hint = f'put it in quotes: "{event.value}"' if event.value else "write a name before the colon"
            self.report("SPEC015", spot, f"key {quoted(event.value)} of {dotted(path)} is not a text", hint)
            return None
        return value

    def skip(self, events: Iterator[Any], path: Path) -> None:
        """Pass over one node; mistakes of structure inside it still count."""
        self.aside(next(events), events, path)

    def aside(self, event: Any, events: Iterator[Any], path: Path) -> None:
        """Read a node whose value and places are not wanted."""
        entries, bad = dict(self.entries), set(self.bad)
        self.node(event, events, (*path, "\0"))
        self.entries, self.bad = entries, bad

    def tally(self, count: int, spot: Spot) -> None:
        """Count values; too many end the reading."""
        self.count += count
        if self.count > MAX_VALUES:
            message = f"more than {MAX_VALUES} keys and values, with every alias written out"
            hint = "write fewer aliases" if self.anchors else "is this a spec, or data?"
            self.report("SPEC009" if self.anchors else "SPEC010", spot, message, hint)
            raise _Stop

    def reject(self, code: str, path: Path, spot: Spot, message: str, hint: str | None = None) -> None:
        """A finding that leaves the value at `path` unusable."""
        self.report(code, spot, message, hint)
        self.bad.add(path)

    def report(self, code: str, spot: Spot, message: str, hint: str | None = None) -> None:
        """A finding at a spot."""
        self.found.append(self.places.at_spot(spot, "error", code, message, hint))

    def spot(self, event: Any) -> Spot:
        """The place of an event; its length ends with the line."""
        start, end = event.start_mark, event.end_mark
        length = end.column - start.column if end.line == start.line else len(self.places.lines[start.line])
        return Spot(start.line + 1, start.column + 1, max(1, length))
