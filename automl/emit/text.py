"""The only ways for text to get into an emitted file. Each returns `Safe`; the renderer refuses any other string."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

WIDTH = 120


class Safe(str):
    """Text that may stand in an emitted file as it is."""

    __slots__ = ()


_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[A-Za-z0-9 ,.:;()'\[\]_/=+<>~%*@!?#-]*")
_CODE = re.compile(r'[A-Za-z0-9_ ,.:()"\[\]]*')
_TAME_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ .%/()+-]{0,39}")
_MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+.!|~$^:/@-])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}


def ident(value: str) -> Safe:
    """A Python identifier. Raises ValueError on anything else."""
    if not _IDENTIFIER.fullmatch(value):
        raise ValueError(f"not an identifier: {value!r}")
    return Safe(value)


def plain(value: object) -> Safe:
    """One line of automl's own, such as versions, digests and numbers. Raises ValueError on other characters."""
    text = str(value)
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"not plain text: {text!r}")
    return Safe(text)


def tame(name: str) -> bool:
    """Whether a user's name is so ordinary that it can be quoted in prose."""
    return _TAME_NAME.fullmatch(name) is not None


def prose(value: str) -> Safe:
    """One docstring or comment line of automl's own words, in which names of users stand only where they are `tame`."""
    if "\n" in value or not _PLAIN.fullmatch(value):
        raise ValueError(f"not prose: {value!r}")
    return Safe(value)


def code(value: str) -> Safe:
    """A piece of Python that automl made of identifiers. Raises ValueError on other characters."""
    if not _CODE.fullmatch(value):
        raise ValueError(f"not code: {value!r}")
    return Safe(value)


def call(value: str, lead: int, tail: int = 0, indent: int = 4) -> Safe:
    """A piece of code `name(item, item)`: on one line where it fits, else broken as formatters do.

    `lead` and `tail` are what stands before and behind it on its line, `indent` the indentation of that line.
    """
    checked = code(value)
    if lead + len(value) + tail <= WIDTH or "(" not in value:
        return checked
    opening, items = value.index("(") + 1, value[value.index("(") + 1 : value.rindex(")")]
    pad = "\n" + " " * (indent + 4)
    inner = items if len(pad) - 1 + len(items) <= WIDTH else items.replace(", ", "," + pad) + ","
    return Safe(value[:opening] + pad + inner + "\n" + " " * indent + value[value.rindex(")") :])


def names(values: list[str], lead: int) -> Safe:
    """The names behind an `import`: on one line where they fit, else one a line in brackets. `lead` stands before."""
    flat = prose(", ".join(map(ident, values)))
    if lead + len(flat) <= WIDTH:
        return flat
    return Safe("(\n" + "".join(f"    {name},\n" for name in values) + ")")


def shown(value: object, limit: int = 80) -> str:
    """A user's text on one line: control and format characters as escapes, cut after `limit` characters."""
    text = "".join(
        char if _visible(char) else char.encode("unicode_escape").decode() for char in str(value)[: limit + 1]
    )
    return text if len(str(value)) <= limit and len(text) <= 4 * limit else text[:limit] + "…"


def _visible(char: str) -> bool:
    return char == " " or unicodedata.category(char)[0] not in "CZ"


def markdown(value: object) -> Safe:
    """A user's text inside a Markdown paragraph or table cell: no markup, no HTML, no new line, no end of a cell."""
    escaped = _MARKDOWN_SPECIAL.sub(r"\\\1", shown(value))
    return Safe("".join(_ENTITIES.get(char, char) for char in escaped).strip() or "(blank)")


def string(value: str) -> str:
    """A Python string literal, in double quotes where that needs no more escapes, as formatters write it."""
    text = repr(value)
    if text[0] == '"' or value.count('"') > value.count("'"):
        return text
    return '"' + text[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'


def literal(value: Any, indent: int = 0, lead: int = 0) -> Safe:
    """A Python literal: on one line where it fits, else one item a line, indented as formatters do.

    `indent` is the indentation of the line on which it starts, `lead` the number of other characters on that line.
    Raises TypeError for what is no literal, ValueError for floats that are not finite.
    """
    flat = _flat(value)
    if len(flat) + lead <= WIDTH or not isinstance(value, tuple | list | Mapping | frozenset) or not value:
        return Safe(flat)
    pad = " " * (indent + 4)
    if isinstance(value, Mapping):
        keys = [(_flat(key) + ": ", item) for key, item in value.items()]
    else:
        keys = [("", item) for item in _items(value)]
    lines = [f"{pad}{key}{literal(item, indent + 4, len(pad) + len(key) + 1)}," for key, item in keys]
    opening, closing = _brackets(value)
    return Safe("\n".join([opening, *lines, " " * indent + closing]))


def _flat(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, str):
        return string(str(value))
    if isinstance(value, int):
        return repr(int(value))
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flat(key)}: {_flat(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple | list | frozenset):
        if isinstance(value, frozenset) and not value:
            return "frozenset()"
        opening, closing = _brackets(value)
        items = ", ".join(_flat(item) for item in _items(value))
        return opening + items + ("," if isinstance(value, tuple) and len(value) == 1 else "") + closing
    raise TypeError(f"not a literal: {type(value).__name__}")


def _number(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("a float that is not finite has no literal")
    return repr(float(value))


def _items(value: Any) -> list[Any]:
    return sorted(value) if isinstance(value, frozenset) else list(value)


def _brackets(value: Any) -> tuple[str, str]:
    if isinstance(value, Mapping):
        return "{", "}"
    if isinstance(value, frozenset):
        return "frozenset({", "})"
    return ("(", ")") if isinstance(value, tuple) else ("[", "]")
