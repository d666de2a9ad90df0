"""Nodes that come and die while a run is on them: the same package, and no unit is blamed for its node."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.kills import kill_head, kill_nodes
from tests.e2e.nodes import Nodes
from tests.e2e.support import Driver, events
from tests.e2e.test_same_winner import check_same

pytestmark = pytest.mark.slow


def test_a_node_comes_and_two_die_under_one_fit(sixty: Path, tmp_path: Path, drivers: list[Driver]) -> None:
    """The same fit loses its worker twice. Two deaths of its own would have ended it."""
    pytest.importorskip("ray", reason="Ray is not installed")
    run = tmp_path / "run"
    kill = kill_nodes(sixty, run, drivers)
    assert 20 <= kill.settled < kill.units, "in the middle"
    check_same(run, sixty.parent / "whole")
    assert 2 in [line["times"] for line in events(run, "retried")]
    assert not events(run, "decision")


def test_a_head_that_dies_is_replaced_by_another_cluster(
    sixty: Path, standing: Nodes, tmp_path: Path, drivers: list[Driver]
) -> None:
    """However the driver ends that lost it, the ledger is whole and blames no fit."""
    run = tmp_path / "run"
    kill_head(sixty, run, drivers)
    assert not events(run, "decision")
    arguments = [str(sixty), "--executor", "ray", "--address", standing.address, "--workers", "2", "--resume"]
    drivers.append(Driver(run, arguments).start())
    code, _, err = drivers[-1].end()
    assert code == 0, err
    check_same(run, sixty.parent / "whole")
    assert not events(run, "decision")
