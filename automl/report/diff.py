"""What differs between two plans, and what finished work stays valid. Pure: two Plan values in, one PlanDiff out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from automl.compiler.forecast import floors
from automl.plan import Candidate, Plan
from automl.report.units import bytes_text
from automl.value import canonical_json

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True)
class Change:
    """One difference: the area (columns, candidates, ...), the thing, and for a changed one its field, old and new."""

    area: str
    name: str
    kind: Kind
    field: str = ""
    old: str = ""
    new: str = ""

    def as_text(self) -> str:
        """`+ name`, `- name`, or `~ name field: old -> new`."""
        if self.kind != "changed":
            return f"{'+' if self.kind == 'added' else '-'} {self.name}"
        return f"~ {self.name}{' ' if self.name and self.field else ''}{self.field}: {self.old} -> {self.new}"


@dataclass(frozen=True)
class PlanDiff:
    """All differences; the candidates whose fits and scores stay the same; whether an old run can be continued."""

    changes: tuple[Change, ...]
    unchanged: tuple[str, ...]
    outdated: tuple[str, ...]
    resumable: bool

    def as_json(self) -> dict[str, Any]:
        """For `--format json`."""
        changes = [
            {"area": c.area, "name": c.name, "kind": c.kind, "field": c.field, "old": c.old, "new": c.new}
            for c in self.changes
        ]
        valid = {"resumable": self.resumable, "candidates": list(self.unchanged), "outdated": list(self.outdated)}
        return {"changes": changes, "still_valid": valid}

    def lines(self) -> list[str]:
        """For people: the changes by area, then what they mean for finished work."""
        found: list[str] = [] if self.changes else ["no differences"]
        for area in dict.fromkeys(change.area for change in self.changes):
            found.append(area)
            found.extend(f"  {change.as_text()}" for change in self.changes if change.area == area)
        found.append("finished work")
        if self.resumable:
            found.append("  all of it stays valid: `automl train --resume` continues a run of the old plan")
        else:
            found.append("  a run of the old plan cannot be continued: what is searched has changed")
            found.append(f"  same fits and scores:  {', '.join(self.unchanged) or 'none'}")
        found.append(f"  to be done anew:       {', '.join(self.outdated) or 'none'}")
        return found


def compare(old: Plan, new: Plan) -> PlanDiff:
    """The differences from `old` to `new`."""
    unchanged = _unchanged(old, new)
    return PlanDiff(
        changes=(*_facts(old, new), *_columns(old, new), *_rows(old, new), *_spec(old, new), *_candidates(old, new)),
        unchanged=unchanged,
        outdated=tuple(c.id for c in new.candidates if c.id not in unchanged),
        resumable=old.search_digest == new.search_digest,
    )


def _facts(old: Plan, new: Plan) -> list[Change]:
    pairs = {
        "task": (old.task, new.task),
        "metric": (old.metric, new.metric),
        "classes": (", ".join(old.classes), ", ".join(new.classes)),
        "table": (old.data_schema.fingerprint, new.data_schema.fingerprint),
        "rows": (str(old.data_schema.rows), str(new.data_schema.rows)),
        "shortest time budget": (_floors(old), _floors(new)),
    }
    return [Change("plan", name, "changed", "", a, b) for name, (a, b) in pairs.items() if a != b]


def _floors(plan: Plan) -> str:
    return ", ".join(f"{floor:g} s ({name})" for name, floor in floors(plan.floor_s).items())


def _columns(old: Plan, new: Plan) -> list[Change]:
    before = {c.name: leaves(c.model_dump(mode="json", exclude={"name"})) for c in old.data_schema.columns}
    after = {c.name: leaves(c.model_dump(mode="json", exclude={"name"})) for c in new.data_schema.columns}
    return _by_name("columns", before, after)


def _rows(old: Plan, new: Plan) -> list[Change]:
    before, after = ({"": _dump(plan.rows), "rungs": [_dump(rung) for rung in plan.rungs]} for plan in (old, new))
    return _fields("who is fitted on what", "", leaves(before), leaves(after))


def _spec(old: Plan, new: Plan) -> list[Change]:
    """What stands in the spec and is shown nowhere else: budget, seed, limits, criteria, package."""
    elsewhere = {"task", "metric"}
    before = leaves(old.spec.model_dump(mode="json", exclude=elsewhere))
    return _fields("spec", "", before, leaves(new.spec.model_dump(mode="json", exclude=elsewhere)))


def _candidates(old: Plan, new: Plan) -> list[Change]:
    before = {c.id: _candidate_fields(c) for c in old.candidates}
    return _by_name("candidates", before, {c.id: _candidate_fields(c) for c in new.candidates})


def _candidate_fields(candidate: Candidate) -> dict[str, str]:
    """Steps by name (a step in the middle must not change the names of those after it), space, forecast."""
    found = {"family": candidate.family, "steps": " -> ".join(node.id for node in candidate.graph.nodes)}
    for node in candidate.graph.nodes:
        found |= {f"step {node.id}.{k}": v for k, v in leaves(_dump(node)).items() if k != "id"}
    for name, param in candidate.space.items():
        found[f"space {name}"] = canonical_json(_dump(param))
    found["CPU seconds per fit"] = f"{candidate.forecast.cpu_s:.3g}"
    found["first rung"] = str(candidate.first_rung)
    found["memory per fit"] = bytes_text(candidate.forecast.memory_bytes)
    return found


def _dump(value: Any) -> Any:
    return value.model_dump(mode="json")


def _by_name(area: str, old: Mapping[str, dict[str, str]], new: Mapping[str, dict[str, str]]) -> list[Change]:
    found = [Change(area, name, "removed") for name in old if name not in new]
    found += [Change(area, name, "added") for name in new if name not in old]
    for name in new:
        if name in old:
            found += _fields(area, name, old[name], new[name])
    return found


def _fields(area: str, name: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[Change]:
    keys = list(dict.fromkeys([*old, *new]))
    pairs = [(key, old.get(key, "nothing"), new.get(key, "nothing")) for key in keys]
    return [Change(area, name, "changed", key, a, b) for key, a, b in pairs if a != b]


def leaves(value: Any, path: str = "") -> dict[str, str]:
    """A JSON value as `path -> text` of its leaves; a list of plain values is one leaf."""
    if isinstance(value, dict) and value:
        items = [(f"{path}.{key}" if path else key, item) for key, item in value.items()]
    elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        items = [(f"{path}[{i}]", item) for i, item in enumerate(value)]
    else:
        return {path: canonical_json(value)}
    return {key: text for name, item in items for key, text in leaves(item, name).items()}


def _unchanged(old: Plan, new: Plan) -> tuple[str, ...]:
    """Candidates whose every fit has the same content: graph, rows, data, seed, limits, and how it is scored."""
    if _frame(old) != _frame(new):
        return ()
    graphs = {c.id: c.graph for c in old.candidates}
    return tuple(c.id for c in new.candidates if graphs.get(c.id) == c.graph)


def _frame(plan: Plan) -> tuple[object, ...]:
    """What all fits of a plan share. The space isn't in it: it says which parameters are tried, not what they give."""
    search = plan.spec.search
    table = (plan.data_schema.fingerprint, plan.data_schema.rows, plan.task, plan.classes)
    return (*table, plan.scorer, plan.rows, search.seed, search.trial)
