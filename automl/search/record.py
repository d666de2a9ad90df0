"""The search's memory of what stands in the ledger: nothing known is computed anew, nothing is written twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.params import ParamValue
from automl.search.decisions import Decision
from automl.search.ledger import Ledger
from automl.search.scoring import UnitResult, from_json
from automl.search.virtual import Unit
from automl.value import canonical_json


class Record:
    """A ledger as the loop sees it.

    A `cut` that stands in the ledger holds for every later session, until one says that its budget is larger
    (`extend`): then a decision `extended` is written, and the cut before it no longer counts.
    """

    def __init__(self, ledger: Ledger, extend: bool) -> None:
        self._ledger = ledger
        self.asked: dict[int, tuple[str, Mapping[str, ParamValue]]] = {}
        self.results: dict[str, UnitResult] = {}
        self.cut: Decision | None = None
        self._settled: set[Unit] = set()
        self._decisions: set[str] = set()
        for event in ledger.view.events:
            self._read(event)
        if extend and self.cut is not None:
            ledger.note("decision", {"kind": "extended", "settled": self.cut.settled})
            self._drop_cut()

    def is_settled(self, unit: Unit) -> bool:
        """Whether the unit's `settled` line stands."""
        return unit in self._settled

    def note_asked(self, trial: int, candidate: str, params: Mapping[str, ParamValue]) -> None:
        """A trial was asked, in this session or before."""
        if trial not in self.asked:
            self.asked[trial] = (candidate, params)
            self._ledger.note("asked", {"trial": trial, "candidate": candidate, "params": dict(params)})

    def note_finished(self, unit: Unit, result: UnitResult) -> None:
        """A result arrived. The first one for a key stays."""
        if result.key in self.results:
            return
        place = {"trial": unit.trial, "fold": unit.fold}
        if result.retried:
            self._ledger.note("retried", {**place, "key": result.key, "times": result.retried})
        self.results[result.key] = result
        self._ledger.note("finished", {**place, **result.as_json()})

    def note_settled(self, unit: Unit, result: UnitResult, closed: Mapping[str, Any] | None) -> None:
        """A unit is settled; `closed`: how its trial ended with it (outcome, score, rounds)."""
        if unit in self._settled:
            return
        self._settled.add(unit)
        line: dict[str, Any] = {"trial": unit.trial, "fold": unit.fold, "outcome": result.outcome.value}
        self._ledger.note("settled", line if closed is None else {**line, "closed": dict(closed)})

    def note_decision(self, decision: Decision) -> None:
        """A choice that looked at a clock or at the machine."""
        text = canonical_json(decision.as_json())
        if text not in self._decisions:
            self._decisions.add(text)
            self._ledger.note("decision", decision.as_json())

    def flush(self) -> None:
        """Wait until the disk has everything."""
        self._ledger.flush()

    def _read(self, event: Mapping[str, Any]) -> None:
        kind = event.get("event")
        if kind == "asked":
            self.asked[event["trial"]] = (event["candidate"], event["params"])
        elif kind == "finished":
            self.results[event["key"]] = from_json(event)
        elif kind == "settled":
            self._settled.add(Unit(event["trial"], event["fold"]))
        elif kind == "decision":
            self._read_decision({name: value for name, value in event.items() if name != "event"})

    def _read_decision(self, fields: Mapping[str, Any]) -> None:
        if fields["kind"] == "extended":
            self._drop_cut()
            return
        if fields["kind"] == "cut":
            self.cut = Decision.model_validate(fields)
        self._decisions.add(canonical_json(fields))

    def _drop_cut(self) -> None:
        if self.cut is not None:
            self._decisions.discard(canonical_json(self.cut.as_json()))
        self.cut = None
