"""What the server counts, and how Prometheus reads it (text format 0.0.4)."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import accumulate

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)  # seconds
MEDIA = "text/plain; version=0.0.4; charset=utf-8"


class Measures:
    """Counts since the server began. All changes come from the thread of the event loop."""

    def __init__(self, about: Mapping[str, str]) -> None:
        """`about`: the labels of `model_info`."""
        self._about = about
        self._requests: Counter[tuple[str, str, str]] = Counter()
        self._slots: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}
        self._errors: Counter[str] = Counter()
        self._rows = 0

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """One request, and how long its answer took."""
        self._requests[route, method, str(status)] += 1
        slots = self._slots.setdefault(route, [0] * (len(BUCKETS) + 1))
        slots[bisect_left(BUCKETS, seconds)] += 1
        self._seconds[route] = self._seconds.get(route, 0.0) + seconds

    def predicted(self, rows: int) -> None:
        """Rows that were predicted."""
        self._rows += rows

    def refused(self, reason: str) -> None:
        """One request to predict that got no prediction."""
        self._errors[reason] += 1

    def text(self) -> str:
        """All of it, for a scrape."""
        return "".join(line + "\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield from _head("model_info", "gauge", "The model that is served.")
        yield _line("model_info", self._about, 1)
        yield from _head("model_requests_total", "counter", "Requests by route, method and status.")
        for (route, method, status), count in sorted(self._requests.items()):
            yield _line("model_requests_total", {"route": route, "method": method, "status": status}, count)
        yield from _head("model_request_seconds", "histogram", "Time from a request's head to its answer.")
        for route, slots in sorted(self._slots.items()):
            for limit, count in zip((*map(repr, BUCKETS), "+Inf"), accumulate(slots), strict=True):
                yield _line("model_request_seconds_bucket", {"route": route, "le": limit}, count)
            yield _line("model_request_seconds_sum", {"route": route}, self._seconds[route])
            yield _line("model_request_seconds_count", {"route": route}, sum(slots))
        yield from _head("model_rows_predicted_total", "counter", "Rows that were predicted.")
        yield _line("model_rows_predicted_total", {}, self._rows)
        yield from _head("model_prediction_errors_total", "counter", "Requests to predict without a prediction.")
        for reason, count in sorted(self._errors.items()):
            yield _line("model_prediction_errors_total", {"reason": reason}, count)


def _head(name: str, kind: str, words: str) -> tuple[str, str]:
    return f"# HELP {name} {words}", f"# TYPE {name} {kind}"


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{'{' + inside + '}' if inside else ''} {value!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
