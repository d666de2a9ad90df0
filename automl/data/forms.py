"""In which form a column of texts writes its numbers, where that is not plainly: marks, percent and currency signs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from automl.runtime.cells import formed_number
from automl.runtime.number_forms import MARKS, sign_of

_TRIED = 100  # texts that rule a form out quickly
_PLAIN = "1234.5"
_BETWEEN = " '\u2019\u00a0\u202f"


@dataclass(frozen=True)
class FoundForm:
    """`form` is None where no form fits all texts, or where `ambiguous`: a comma may be either mark."""

    form: str | None
    ambiguous: bool = False


def find_form(texts: Sequence[str], decimal: str | None) -> FoundForm:
    """The form that fits all texts; where several do, the plainest one. `decimal` is the mark of the file, if known."""
    if not texts or not any(letter.isdigit() for letter in texts[0]):
        return FoundForm(None)
    sign = sign_of(texts[0])
    dots, commas = (any(mark in text for text in texts) for mark in ".,")
    if not (sign or dots or commas or any(mark in text for text in texts for mark in _BETWEEN)):
        return FoundForm(None)
    fitting = [example for example in MARKS if _fits(texts, _signed(sign, example, texts[0]))]
    if decimal is not None and (dots or commas):
        fitting = [example for example in fitting if MARKS[example][0] == decimal]
    if not fitting:
        return FoundForm(None)
    if commas and decimal is None and {"1234,5", "1,234.5"} <= set(fitting):
        return FoundForm(None, ambiguous=True)
    if fitting[0] == _PLAIN and not sign:
        return FoundForm(None)  # plain numbers need no form
    return FoundForm(_signed(sign, fitting[0], texts[0]))


def decimal_of(columns: Iterable[Sequence[str]]) -> str | None:
    """The decimal mark that columns of a file show beyond doubt; None where none does, or where they contradict.

    Where no column holds a comma the mark does not matter, and is None.
    """
    heads = [texts for texts in columns if texts]
    commas = [texts for texts in heads if any("," in text for text in texts)]
    if not any(_shown(texts) or find_form(texts, None).ambiguous for texts in commas):
        return None
    shown = {mark for texts in heads if (mark := _shown(texts)) is not None}
    return shown.pop() if len(shown) == 1 else None


def _shown(texts: Sequence[str]) -> str | None:
    with_mark = [text for text in texts if "," in text or "." in text]
    if not with_mark or not any(letter.isdigit() for letter in texts[0]):
        return None
    sign = sign_of(texts[0])
    fits = {example: _fits(texts, _signed(sign, example, texts[0])) for example in MARKS if example[1] != "'"}
    comma = fits["1234,5"] or fits["1.234,5"] or fits["1 234,5"]
    dot = fits["1234.5"] or fits["1,234.5"] or fits["1 234.5"]
    if comma == dot:
        return None
    grouped_only = dot and not fits["1234.5"] and not any("." in text for text in texts)
    return "," if comma else None if grouped_only else "."


def _fits(texts: Sequence[str], form: str) -> bool:
    if any(formed_number(text, form) is None for text in texts[:_TRIED]):
        return False
    return all(formed_number(text, form) is not None for text in texts)


def _signed(sign: str, example: str, text: str) -> str:
    """The example with the sign where the text has it."""
    if not sign:
        return example
    return example + sign if text.rstrip().endswith(sign) else sign + example
