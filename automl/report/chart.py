"""The history of a search as a small SVG: a dot per trial, a line for the best so far."""

from __future__ import annotations

from automl.report.markup import xml_text
from automl.report.overview import Overview
from automl.report.units import score_text

DOTS = 2000  # at most
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 720.0, 240.0, 70.0, 30.0, 12.0, 12.0


def history_svg(trials: Overview) -> str:
    """SVG text; empty where no trial has a score. The scale leaves out far worse trials (they sit on the edge).

    Of many trials every so many-th has a dot; the line knows them all.
    """
    scored = trials.points()
    if not scored:
        return ""
    last = max(max(number for number, _ in scored), 1)
    low, high = _range([score for _, score in scored])

    def place(number: int, score: float) -> tuple[float, float]:
        x = LEFT + (WIDTH - LEFT - RIGHT) * number / last
        share = (min(max(score, low), high) - low) / (high - low)
        return round(x, 1), round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share, 1)

    dots = "".join(_dot(place(*point), *point) for point in scored[:: -(-len(scored) // DOTS)])
    best = trials.best_so_far()
    steps = [place(*best[0])]
    for number, score in [*best[1:], (last, best[-1][1])]:
        x, y = place(number, score)
        steps += [(x, steps[-1][1]), (x, y)]
    line = " ".join(f"{x:g},{y:g}" for x, y in steps)
    return (
        f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-label="scores of the trials in order">'
        f'{_axes(low, high, last, trials.metric.label)}<polyline points="{line}" class="best"/>{dots}</svg>'
    )


def _dot(place: tuple[float, float], number: int, score: float) -> str:
    return (
        f'<circle cx="{place[0]:g}" cy="{place[1]:g}" r="3"><title>trial {number}: {score_text(score)}</title></circle>'
    )


def _axes(low: float, high: float, last: int, metric: str) -> str:
    floor = HEIGHT - BOTTOM
    return (
        f'<path d="M{LEFT:g} {TOP:g}V{floor:g}H{WIDTH - RIGHT:g}" class="axis"/>'
        f'<text x="{LEFT - 6:g}" y="{TOP + 8:g}" text-anchor="end">{score_text(high)}</text>'
        f'<text x="{LEFT - 6:g}" y="{floor:g}" text-anchor="end">{score_text(low)}</text>'
        f'<text x="{LEFT - 6:g}" y="{(TOP + floor) / 2:g}" text-anchor="end">{xml_text(metric)}</text>'
        f'<text x="{LEFT:g}" y="{HEIGHT - 8:g}">trial 0</text>'
        f'<text x="{WIDTH - RIGHT:g}" y="{HEIGHT - 8:g}" text-anchor="end">trial {last}</text>'
    )


def _range(scores: list[float]) -> tuple[float, float]:
    """From the 10th to the 90th percentile and as much again on both sides, but no further than the scores go."""
    ordered = sorted(scores)
    low, high = ordered[len(ordered) // 10], ordered[-1 - len(ordered) // 10]
    spread = (high - low) or abs(high) * 0.01 or 1.0
    bottom, top = max(ordered[0], low - spread), min(ordered[-1], high + spread)
    return (bottom, top) if top > bottom else (bottom - spread / 2, bottom + spread / 2)
