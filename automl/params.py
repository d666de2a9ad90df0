"""What may be searched: the three shapes of a parameter's domain, each with its default."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from automl.value import Value

ParamValue = bool | int | float | str | None


class Float(Value):
    """A real number in [low, high], drawn on a log scale if `log`."""

    type: Literal["float"] = "float"
    low: float
    high: float
    default: float
    log: bool = False


class Int(Value):
    """A whole number in [low, high], drawn on a log scale if `log`."""

    type: Literal["int"] = "int"
    low: int
    high: int
    default: int
    log: bool = False


class Choice(Value):
    """One of `options`."""

    type: Literal["choice"] = "choice"
    options: tuple[ParamValue, ...]
    default: ParamValue


Param = Annotated[Float | Int | Choice, Field(discriminator="type")]
