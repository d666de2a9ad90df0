"""A small table with everything in it that a pipeline has to deal with, and specs that are quick to train."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

ROWS = 600
RESAMPLES = 24  # for the interval of a score
CITIES = 90  # more than are one-hot encoded, so that a cross-fitted step is part of the trials
FIRST_DAY = date(2020, 1, 1)
NAME = "shop"


def rows(count: int = ROWS) -> list[dict[str, str]]:
    """Customers and whether they left: numbers, few and many levels, dates, two spellings of missing, and noise."""
    dice = random.Random(20240501)
    pull = [dice.gauss(0, 1.2) for _ in range(CITIES)]
    return [_row(dice, number, pull) for number in range(count)]


def _row(dice: random.Random, number: int, pull: list[float]) -> dict[str, str]:
    city, age, plan = dice.randrange(CITIES), dice.randint(18, 80), dice.choice("abc")
    income, days = dice.lognormvariate(7.5, 0.6), dice.randrange(1400)
    odds = pull[city] + (age - 45) / 20 + {"a": -0.8, "b": 0.0, "c": 0.9}[plan] - (income > 2500) + days / 900 - 1.2
    left = dice.random() < 1 / (1 + 2.718281828**-odds)
    return {
        "customer": f"c{number:05d}",
        "age": str(age),
        "income": "" if dice.random() < 0.1 else f"{income:.2f}",
        "city": "" if dice.random() < 0.03 else f"city-{city:02d}",
        "plan": "NA" if dice.random() < 0.05 else plan,
        "since": (FIRST_DAY + timedelta(days=days)).isoformat(),
        "left": "yes" if left else "no",
    }


def write_csv(path: Path, lines: list[dict[str, str]]) -> Path:
    """The rows as a csv file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    return path


def write_spec(folder: Path, trials: int = 15, **parts: Mapping[str, Any] | list[Any]) -> Path:
    """Table and spec in `folder`. `parts`: top-level parts of the spec; their keys go over those that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "shop.csv", rows())
    spec: dict[str, Any] = {
        "version": 1,
        "name": NAME,
        "data": {"path": "shop.csv", "target": "left", "positive": "yes", "id": ["customer"]},
        "metric": "roc_auc",
        "validation": {"kind": "stratified", "folds": 3, "holdout": 0.2},
        "search": {
            "budget": {"trials": trials},
            "families": ["linear", "lightgbm"],
            "parallelism": 4,
            "space": {"lightgbm": {"num_rounds": 20, "num_leaves": {"low": 4, "high": 16}}},
        },
    }
    for name, part in parts.items():
        spec[name] = {**spec.get(name, {}), **part} if isinstance(part, Mapping) else part
    path = folder / f"{NAME}.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
    return path
