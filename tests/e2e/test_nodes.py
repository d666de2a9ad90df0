"""Nodes that come and die while a run is on them: the same package, and no unit is blamed for its node."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.delays import FITS
from tests.e2e.nodes import HEAD, Nodes
from tests.e2e.support import Driver, events, settled_lines
from tests.e2e.test_same_winner import check_same

pytestmark = pytest.mark.slow


def on_nodes(spec: Path, run: Path, address: str, *more: str) -> Driver:
    """A driver that joins the cluster."""
    return Driver(run, [str(spec), "--executor", "ray", "--address", address, *more], held=True)


def test_a_node_comes_and_two_die_under_one_fit(sixty: Path, tmp_path: Path, drivers: list[Driver]) -> None:
    """The same fit loses its worker twice. Two deaths of its own would have ended it."""
    pytest.importorskip("ray", reason="Ray is not installed")
    run = tmp_path / "run"
    with Nodes(0, 1, 1) as nodes:
        drivers.append(on_nodes(sixty, run, nodes.address).start())
        drivers[0].until_settled(20)
        nodes.add()
        drivers[0].hold(FITS)
        first = drivers[0].until_held()
        nodes.kill(first)
        second = drivers[0].until_held(besides=[first])
        assert settled_lines(run) < len(events(sixty.parent / "whole", "settled")), "in the middle"
        nodes.kill(second)
        drivers[0].until_held(besides=[first, second])
        drivers[0].let_go()
        code, _, err = drivers[0].end()
        assert code == 0, err
        nodes.until_free()
    check_same(run, sixty.parent / "whole")
    assert [line["times"] for line in events(run, "retried") if line["times"] > 1] == [2]
    assert not events(run, "decision")


@pytest.mark.parametrize("nodes_too", [False, True])
def test_a_head_that_dies_is_replaced_by_another_cluster(
    nodes_too: bool,
    sixty: Path,
    standing: Nodes,
    tmp_path: Path,
    drivers: list[Driver],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Alone, or with all nodes. However the driver ends that lost it, the ledger is whole and blames no fit."""
    monkeypatch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "3")  # else it hopes for a minute
    run = tmp_path / "run"
    with Nodes(0, 2) as nodes:
        drivers.append(on_nodes(sixty, run, nodes.address).start())
        drivers[0].until_settled(30)
        drivers[0].hold(FITS)
        held = drivers[0].until_held()
        nodes.kill(HEAD)
        if nodes_too:
            nodes.kill(held)
        code, _, err = drivers[0].end()
        assert code != 0, err
    assert 30 <= settled_lines(run) < len(events(sixty.parent / "whole", "settled")), "in the middle"
    assert not (run / "result.json").exists()
    assert not events(run, "decision")
    drivers[0].until_gone()
    drivers[0].let_go()
    drivers.append(on_nodes(sixty, run, standing.address, "--resume", "--workers", "2").start())
    code, _, err = drivers[1].end()
    assert code == 0, err
    check_same(run, sixty.parent / "whole")
    assert not events(run, "decision")
