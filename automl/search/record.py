"""The search's memory of what stands in the ledger: nothing known is computed anew, nothing is written twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from automl.params import ParamValue
from automl.search.decisions import Decision, Standing
from automl.search.ledger import Ledger
from automl.search.scoring import UnitResult, from_json
from automl.search.virtual import Unit
from automl.value import canonical_json

RISK_S = 1.0  # so many seconds of fits may be lost with the machine's power, and then be fitted anew
RISK_LINES = 1000

Proposed = tuple[str, Mapping[str, ParamValue]]


class Record:
    """A ledger as the loop sees it. What stands there is read as the search comes to it, and forgotten once it is used.

    The search takes the same way as the sessions before it, so lines are needed about in the order in which they stand.
    A `cut` that stands in the ledger holds for every later session, as does what was decided after the search, until
    one says that its budget is larger (`extend`): then it notes `extended`, and what was decided before is void.

    Once all trials of a budget are asked, what is left is settled in another order than with more trials, and may end
    in another way. Such `settled` lines say for which budget they hold; the others hold for every budget.
    """

    def __init__(self, ledger: Ledger, extend: bool) -> None:
        self._ledger = ledger
        self._decided = Standing()
        self._late: set[int] = set()  # trials that it has taken along
        self._lines: Counter[str] = Counter()  # how many of each event stood there
        self._standing: Counter[int | None] = Counter()  # `settled` lines, by the budget for which alone they hold
        self._trials: int | None = None  # that budget, once it is used up
        self._decisions: set[str] = set()
        for event in ledger.events():
            self._survey(event)
        self._past = ledger.events()
        self._asked: dict[int, Proposed] = {}  # read, and not asked for yet
        self._results: dict[str, UnitResult] = {}  # at hand, and not settled yet
        self._wanted: Counter[str] = Counter()  # by units that are placed
        self._settled = 0
        self._risk_s, self._risk_lines = 0.0, 0
        if extend and (self.cut or self.after):
            extended = Decision(kind="extended", settled=None if self.cut is None else self.cut.settled)
            self._note("decision", extended.as_json())
            self._take_in({"event": "decision", **extended.as_json()})

    @property
    def cut(self) -> Decision | None:
        """Where the search was cut, and stays so."""
        return self._decided.cut

    @property
    def after(self) -> tuple[Decision, ...]:
        """What earlier sessions decided after the search, for lack of time."""
        return self._decided.after

    def asked(self, trial: int) -> Proposed | None:
        """The candidate and the parameters of a trial that stands there; None: it was not asked before."""
        if trial >= self._lines["asked"]:
            return None
        while trial not in self._asked and self._read_on():
            pass
        return self._asked.pop(trial)

    def want(self, key: str) -> bool:
        """A unit of that key is placed: whether its result is at hand. It stays until all who want it took it."""
        self._wanted[key] += 1
        while key not in self._results and self._read_on():
            pass
        return key in self._results

    def peek(self, key: str) -> UnitResult | None:
        """The result of a key that is wanted; None: it is not at hand."""
        return self._results.get(key)

    def take(self, key: str) -> UnitResult:
        """The result of a key that is wanted, for one of its units."""
        self._wanted[key] -= 1
        if self._wanted[key]:
            return self._results[key]
        del self._wanted[key]
        return self._results.pop(key)

    def note_asked(self, trial: int, candidate: str, params: Mapping[str, ParamValue]) -> None:
        """A trial is asked that was not asked before."""
        self._note("asked", {"trial": trial, "candidate": candidate, "params": dict(params)})

    def note_finished(self, unit: Unit, result: UnitResult) -> None:
        """A result arrived. The first one for a key stays."""
        if result.key in self._results:
            return
        place = unit._asdict()
        if result.retried:
            self._note("retried", {**place, "key": result.key, "times": result.retried})
        self._results[result.key] = result
        self._note("finished", {**place, **result.as_json()})
        self._risk_s += result.wall_s

    def note_settled(self, unit: Unit, result: UnitResult, closed: Mapping[str, Any] | None) -> bool:
        """A unit is settled; `closed`: how its trial ended with it (outcome, score, rounds). Whether that stood there.

        Units are settled in one order, in this session and before: the first ones stand there.
        """
        self._settled += 1
        if self._settled <= self._standing[self._trials]:
            return True
        line: dict[str, Any] = {**unit._asdict(), "outcome": result.outcome.value}
        if self._trials is not None:
            line["trials"] = self._trials
        self._note("settled", line if closed is None else {**line, "closed": dict(closed)})
        return False

    def note_late(self, trial: int, closed: Mapping[str, Any]) -> bool:
        """A cut takes the trial along, though not all of its units are settled. Whether that stood there."""
        if trial in self._late:
            return True
        self._note("late", {"trial": trial, "closed": dict(closed)})
        return False

    def all_asked(self, trials: int) -> None:
        """From here on, what is settled holds for a budget of so many trials only."""
        if self._trials is None:
            self._trials, self._settled = trials, 0

    def note_decision(self, decision: Decision) -> None:
        """A choice that looked at a clock or at the machine."""
        text = canonical_json(decision.as_json())
        if text not in self._decisions:
            self._decisions.add(text)
            self._note("decision", decision.as_json())

    def commit(self) -> None:
        """What was noted outlives this process from here on; and the machine, but for the last second of fits.

        Waiting for the disk after each unit would take longer than small fits do. What is lost with the machine is
        asked and fitted anew, and comes out the same.
        """
        if self._risk_s >= RISK_S or self._risk_lines >= RISK_LINES:
            self.flush()
        else:
            self._ledger.write()

    def close(self) -> None:
        """Wait until the disk has everything, and leave what was not read."""
        self.flush()
        self._past.close()

    def flush(self) -> None:
        """Wait until the disk has everything."""
        self._ledger.flush()
        self._risk_s, self._risk_lines = 0.0, 0

    def _note(self, event: str, fields: Mapping[str, Any]) -> None:
        self._ledger.note(event, fields)
        self._risk_lines += 1

    def _survey(self, event: Mapping[str, Any]) -> None:
        """What has to be known of the whole before any of it is used."""
        kind = event["event"]
        self._lines[kind] += 1
        if kind == "settled":
            self._standing[event.get("trials")] += 1
        elif kind == "late":
            self._late.add(event["trial"])
        elif kind == "decision":
            self._take_in(event)

    def _read_on(self) -> bool:
        """Take in one more line of what stands there; False at its end."""
        event = next(self._past, None)
        if event is None:
            return False
        if event["event"] == "asked":
            self._asked[event["trial"]] = (event["candidate"], event["params"])
        elif event["event"] == "finished":
            self._results[event["key"]] = from_json(event)
        return True

    def _take_in(self, line: Mapping[str, Any]) -> None:
        """A decision that stands there."""
        before = (self.cut, *self.after)
        decision = self._decided(line)
        assert decision is not None
        if decision.kind != "extended":
            self._decisions.add(canonical_json(decision.as_json()))
            return
        self._decisions -= {canonical_json(void.as_json()) for void in before if void is not None}
        self._late.clear()
