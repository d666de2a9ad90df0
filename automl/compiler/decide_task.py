"""Pass: what is predicted (binary, multiclass, regression) and the order of the classes."""

from __future__ import annotations

from dataclasses import replace

from automl.catalog.operator import TaskName
from automl.compiler.draft import Draft
from automl.data.schema import ClassInfo, ColumnInfo
from automl.errors import nearest
from automl.runtime.values import canonical_text

FEW_CODES = 10  # a whole-number target with at most so many distinct values is read as classes
MANY_CLASSES = 200


def decide_task(draft: Draft) -> Draft:
    """Decide the task from the target where the spec leaves it out, and fix the order of the classes."""
    target = draft.schema.with_role("target")[0]
    written = draft.loaded.written
    task, reason = (written.task, "as the spec says") if written.task else _infer(target, draft.schema.classes)
    draft = draft.decide("task", task, reason)
    draft = _check(replace(draft, task=task), target, task)
    if task == "regression" or any(f.severity == "error" for f in draft.findings):
        return draft
    new = draft.schema.test.new_classes if draft.schema.test is not None else ()
    if new and task == "binary":
        shown = ", ".join(map(repr, new[:5]))
        message = f"the test file has values in target {target.name!r} that are none of the two classes: {shown}"
        hint = "use task: multiclass, or mend the test file"
        return draft.find(draft.loaded.places.diagnostic("error", "DATA090", ("data", "test"), message, hint))
    labels = tuple(sorted({*(c.label for c in draft.schema.classes), *new}))
    return replace(draft, classes=labels) if task == "multiclass" else _binary(draft)


def _infer(target: ColumnInfo, classes: tuple[ClassInfo, ...]) -> tuple[TaskName, str]:
    if target.distinct <= 2:
        return "binary", f"the target has {target.distinct} distinct values"
    if target.physical != "number":
        return "multiclass", f"the target is {target.physical} with {target.distinct} distinct values"
    whole = bool(classes) and all(c.label.lstrip("-").isdigit() for c in classes)
    if whole and target.distinct <= FEW_CODES:
        seen = f"the target is a whole number with {target.distinct} distinct values"
        return "multiclass", f"{seen}; say task: regression if it is a quantity"
    return "regression", f"the target is a number with {target.distinct} distinct values"


def _check(draft: Draft, target: ColumnInfo, task: TaskName) -> Draft:
    """Findings where the target does not fit the task."""
    places = draft.loaded.places
    at = ("task",) if draft.loaded.written.task else ("data", "target")
    if target.distinct < 2:
        values = f"{target.distinct} distinct value{'' if target.distinct == 1 else 's'}"
        message = f"target {target.name!r} has {values}, so there is nothing to learn"
        return draft.find(
            places.diagnostic("error", "DATA060", ("data", "target"), message, "name another target column", at="value")
        )
    if task == "regression" and target.physical != "number":
        message = f"task regression needs a number, but target {target.name!r} is {target.physical}"
        return draft.find(
            places.diagnostic(
                "error", "DATA061", at, message, "use binary or multiclass, or name a numeric target", at="value"
            )
        )
    if task == "binary" and target.distinct > 2:
        message = f"task binary needs two classes, but target {target.name!r} has {target.distinct} distinct values"
        return draft.find(
            places.diagnostic("error", "DATA062", at, message, "use multiclass or regression", at="value")
        )
    count = target.distinct + (len(draft.schema.test.new_classes) if draft.schema.test is not None else 0)
    if task == "multiclass" and count > MANY_CLASSES:
        message = f"target {target.name!r} has {count} classes; at most {MANY_CLASSES} are supported"
        return draft.find(
            places.diagnostic("error", "DATA063", at, message, "use task: regression, or group the classes", at="value")
        )
    return draft


def _binary(draft: Draft) -> Draft:
    """(negative, positive): the positive class is the spec's, else the rarer one, else the later label."""
    classes = draft.schema.classes
    labels = [c.label for c in classes]
    wanted = canonical_text(draft.loaded.written.data.positive)
    if wanted is not None and wanted not in labels:
        message = f"positive class {wanted!r} does not occur in target {draft.schema.with_role('target')[0].name!r}"
        hint = nearest(wanted, labels) or f"its classes are {', '.join(map(repr, labels))}"
        return draft.find(
            draft.loaded.places.diagnostic("error", "DATA064", ("data", "positive"), message, hint, at="value")
        )
    positive = wanted if wanted is not None else max(classes, key=lambda c: (-c.rows, c.label)).label
    if wanted is None:
        reason = "the later of two equal classes" if classes[0].rows == classes[1].rows else "the rarer class"
        draft = draft.decide("data.positive", positive, reason)
    negative = next(label for label in labels if label != positive)
    return replace(draft, classes=(negative, positive))
