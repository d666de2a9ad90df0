"""Tables of thousands of columns: what grows faster than they do shows here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from automl.cli.main import main
from automl.data.read import read_raw
from automl.fitting.elastic_net import _steepest
from automl.planning import make_plan
from automl.spec.model import FormatSpec


def wide(folder: Path, rows: int, columns: int) -> Path:
    """A spec of a table with so many numbers in each row; the first one decides the class."""
    draws = np.random.default_rng(7)
    x = draws.normal(size=(rows, columns)).round(3)
    names = ",".join(f"a_column_with_a_long_name_{at}" for at in range(columns))
    lines = [f"{','.join(map(str, row))},{int(row[0] + draws.normal() / 2 > 0)}" for row in x.tolist()]
    (folder / "wide.csv").write_text("\n".join([f"{names},y", *lines]) + "\n")
    spec = folder / "spec.yaml"
    spec.write_text(
        "version: 1\nname: wide\ndata: {path: wide.csv, target: y}\nsearch: {families: [linear, lightgbm]}\n"
    )
    return spec


def test_two_thousand_columns_compile(tmp_path: Path) -> None:
    planned = make_plan(wide(tmp_path, 60, 2000))
    assert len(planned.dataset.columns) == 2000
    assert all(len(c.graph.columns) == 2000 for c in planned.plan.candidates[1:])


def test_a_first_line_longer_than_what_the_delimiter_is_found_in(tmp_path: Path) -> None:
    names = [f"{'n' * 120}{at}" for at in range(700)]
    (tmp_path / "t.csv").write_text(";".join(names) + "\n" + ";".join("1" * len(names)) + "\n")
    assert read_raw([tmp_path / "t.csv"], FormatSpec(delimiter=";")).names == tuple(names)


@pytest.mark.parametrize("shape", [(7, 30), (30, 7)])
def test_the_step_of_elastic_net_is_that_of_all_columns(shape: tuple[int, int]) -> None:
    x = np.random.default_rng(3).normal(size=shape)
    counts = np.full(len(x), 1.0 / len(x))
    everything = np.linalg.eigvalsh((x * counts[:, np.newaxis]).T @ x)[-1]
    assert _steepest(x, counts) == pytest.approx(everything, rel=1e-9)


@pytest.mark.slow
def test_wide_tables_are_trained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = wide(tmp_path, 200, 5000)
    spec.write_text(spec.read_text().replace("[linear, lightgbm]", "[linear, elastic_net, lightgbm]"))
    arguments = ["--executor", "inline", "--trials", "4", "-o", str(tmp_path / "run"), "--format", "json"]
    assert main(["train", str(spec), *arguments]) == 0
    assert json.loads(capsys.readouterr().out)["trials"]["ok"] == 4
