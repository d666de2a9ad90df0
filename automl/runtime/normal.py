"""The quantiles of the normal distribution, by numpy alone."""

from __future__ import annotations

import numpy as np

from .columns import Floats

# Coefficients of PPND16, highest power first: M. J. Wichura, "Algorithm AS 241: The Percentage Points of the Normal
# Distribution", Applied Statistics 37(3), 1988. Relative accuracy about 1e-16.
_MIDDLE_OVER = (
    2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
    13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608,
)  # fmt: skip
_MIDDLE_UNDER = (
    5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
    5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0,
)  # fmt: skip
_TAIL_OVER = (
    7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
    3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734,
)  # fmt: skip
_TAIL_UNDER = (
    1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
    0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0,
)  # fmt: skip
_MIDDLE, _TAIL = 0.425, 1.6  # the middle reaches so far from 1/2; where the tail's polynomial is centred


def normal_quantile(shares: Floats) -> Floats:
    """The value below which that share of the normal distribution lies.

    Shares lie between 2e-11 and 1 - 2e-11: the algorithm's farthest tail is not needed here.
    """
    from_middle = shares - 0.5
    squared = _MIDDLE * _MIDDLE - from_middle * from_middle
    middle = from_middle * _polynomial(_MIDDLE_OVER, squared) / _polynomial(_MIDDLE_UNDER, squared)
    far = np.sqrt(-np.log(np.minimum(shares, 1.0 - shares))) - _TAIL
    tail = _polynomial(_TAIL_OVER, far) / _polynomial(_TAIL_UNDER, far)
    return np.where(np.abs(from_middle) <= _MIDDLE, middle, np.where(from_middle < 0.0, -tail, tail))


def _polynomial(coefficients: tuple[float, ...], x: Floats) -> Floats:
    total = np.full(x.shape, coefficients[0])
    for coefficient in coefficients[1:]:
        total = total * x + coefficient
    return total
