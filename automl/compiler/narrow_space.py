"""Pass: `search.space` of the spec narrows, replaces or fixes parameters of the catalog's operators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from automl.catalog import FAMILIES
from automl.compiler.draft import Draft
from automl.graph import Graph
from automl.params import Choice, Float, Int, Param
from automl.plan import Candidate
from automl.spec.places import quoted


def narrow_space(draft: Draft) -> Draft:
    """Apply every entry to every candidate that has the operator; names and bounds were checked with the spec."""
    candidates = draft.candidates
    for name, entries in sorted(draft.resolved.search.space.items()):  # the order of keys in the spec says nothing
        operators = set(FAMILIES[name].estimators.values()) if name in FAMILIES else {name}
        found = [c.id for c in candidates if any(n.op in operators for n in c.graph.nodes)]
        if not found:
            draft = _without_effect(draft, name)
        elif not entries:
            draft = draft.decide(f"search.space.{name}", f"a step of {', '.join(found)}", "the spec names it")
        for parameter, domain in sorted(entries.items()):
            candidates = tuple(_narrow(c, operators, parameter, domain) for c in candidates)
            draft = draft.decide(f"search.space.{name}.{parameter}", _shown(domain), "as the spec says")
    return replace(draft, candidates=candidates)


def _without_effect(draft: Draft, name: str) -> Draft:
    """A warning where no candidate has the operator: its family is not searched, or its kind of column is not there."""
    message = f"search.space: {quoted(name)} changes nothing: no candidate of this table has such a step"
    hint = "see the steps of each candidate; `search.families` and the kinds of columns decide them"
    return draft.find(draft.loaded.places.diagnostic("warning", "PLAN010", ("search", "space", name), message, hint))


def _narrow(candidate: Candidate, operators: set[str], parameter: str, domain: Any) -> Candidate:
    """The candidate with that parameter's domain replaced, or fixed where the domain is one value."""
    for node in candidate.graph.nodes:
        if node.op not in operators:
            continue
        name = f"{node.id}.{parameter}"
        space = dict(candidate.space)
        old = space.pop(name, None)
        if _is_value(domain):
            fixed = node.model_copy(update={"params": {**node.params, parameter: domain}})
            nodes = tuple(fixed if n.id == node.id else n for n in candidate.graph.nodes)
            candidate = candidate.model_copy(update={"graph": Graph(nodes=nodes), "space": space})
        else:
            candidate = candidate.model_copy(update={"space": {**space, name: domain_of(domain, old)}})
    return candidate


def _is_value(domain: Any) -> bool:
    return not isinstance(domain, Mapping | list | tuple)


def _shown(domain: Any) -> str:
    return str(dict(domain)) if isinstance(domain, Mapping) else str(domain)


_PARAM: TypeAdapter[Float | Int | Choice] = TypeAdapter(Param)


def domain_of(domain: Any, old: Param | None) -> Param:
    """A written domain ({low, high, log}, {options: [...]} or a list) as a Param.

    The default is the old one, drawn into the new domain.
    """
    if isinstance(domain, list | tuple):
        domain = {"options": list(domain)}
    if "options" in domain:
        options = tuple(domain["options"])
        default = old.default if old is not None and old.default in options else options[0]
        return Choice(options=options, default=default)
    low, high = domain["low"], domain["high"]
    whole = isinstance(old, Int) or (old is None and isinstance(low, int) and isinstance(high, int))
    log = domain.get("log", getattr(old, "log", False))
    wish = old.default if isinstance(old, Int | Float) else low
    default = min(max(wish, low), high)
    return _PARAM.validate_python(
        {"type": "int" if whole else "float", "low": low, "high": high, "default": default, "log": bool(log)}
    )
