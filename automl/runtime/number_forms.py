"""Numbers as people write them: decimal commas, thousands marks, percent and currency signs.

A form is an example, such as "1.234,5" or "1,234.5%": it names the decimal mark, the thousands mark and the sign. A
percentage keeps its unit: "5%" is 5. Standard library only: a package carries a copy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

# example -> (decimal mark, thousands mark)
MARKS = {
    "1234.5": (".", ""),
    "1234,5": (",", ""),
    "1,234.5": (".", ","),
    "1.234,5": (",", "."),
    "1 234,5": (",", " "),
    "1 234.5": (".", " "),
    "1'234.5": (".", "'"),
}
SIGNS = ("%", "$", "\u20ac", "\u00a3", "\u00a5")
_BLANKS = " \t\r\n\f\v\u00a0\u202f"
_THIN = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2019": "'"})  # what typesetters put between thousands


@dataclass(frozen=True)
class Form:
    """What a form says. `pattern` matches a whole number without its sign."""

    decimal: str
    thousands: str
    sign: str
    pattern: re.Pattern[str]


@cache
def read_form(form: str) -> Form:
    """The parts of a form. Raises ValueError where it is none."""
    example = next((example for example in MARKS if example in form), None)
    if example is None:
        raise ValueError(form)
    decimal, thousands = MARKS[example]
    mark = re.escape(decimal)
    grouped = f"[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+|" if thousands else ""
    whole = rf"[+-]?(?:(?:{grouped}[0-9]+){mark}?|(?:{grouped}[0-9]*){mark}[0-9]+)(?:[eE][+-]?[0-9]+)?"
    return Form(decimal, thousands, form.replace(example, ""), re.compile(whole))


def plain_number(text: str, form: str) -> str | None:
    """The number that `text` writes in this form, written plainly (-1234.5); None where it writes none."""
    read = read_form(form)
    bare = _unsigned(text.strip(_BLANKS).translate(_THIN), read.sign)
    if read.pattern.fullmatch(bare) is None:
        return None
    whole = bare.replace(read.thousands, "") if read.thousands else bare
    return whole.replace(read.decimal, ".")


def sign_of(text: str) -> str:
    """The percent or currency sign at one end of a text; the empty text where there is none."""
    bare = text.strip(_BLANKS)
    return next((sign for sign in SIGNS if sign in bare and _unsigned(bare, sign) != bare), "")


def _unsigned(bare: str, sign: str) -> str:
    """The text without the sign at its beginning (maybe after a plus or minus) or its end."""
    if sign and bare.startswith(sign):
        return bare[len(sign) :].lstrip(_BLANKS)
    if sign and bare.endswith(sign):
        return bare[: -len(sign)].rstrip(_BLANKS)
    if sign and bare[:1] in ("+", "-") and bare[1:].startswith(sign):
        return bare[0] + bare[1 + len(sign) :].lstrip(_BLANKS)
    return bare
