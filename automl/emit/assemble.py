"""A request -> every file of the package, in memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from automl import __version__
from automl.emit.card import card_context, encode_json, winner_bytes
from automl.emit.checks import output_columns
from automl.emit.fields import schema_context
from automl.emit.golden import golden_bytes, request_bytes, synthetic_rows
from automl.emit.manifest import NAME, manifest_bytes
from automl.emit.render import render_target
from automl.emit.request import EmitRequest
from automl.emit.requirements import Pin, at_least, hash_table, lock_text, pins, server_pins, unhashed
from automl.emit.sources import copied_sources
from automl.emit.steps import Step, artifacts_of, carries_rows, operators_of, pipeline_context, steps_of, train_context
from automl.emit.targets import folders
from automl.errors import Diagnostic
from automl.lock import lock_text as locks_text
from automl.runtime.arrow_files import ARROW_SUFFIXES
from automl.runtime.files import SUFFIXES
from automl.spec.check_package import package_name
from automl.value import pretty_json

READING = (
    "columns",
    "files",
    "fingerprint",
    "state",
    "table",
    "values",
)  # runtime modules that the templates themselves import
_MODULES = {"scikit-learn": "sklearn"}  # where the module is not named as its distribution
SERVER = ("fastapi", "uvicorn")
Files = dict[str, bytes]
Warnings = tuple[Diagnostic, ...]


def package_files(request: EmitRequest) -> tuple[Files, Warnings]:
    """Path -> content of all files, manifest included, and the warnings. Touches no file of the user's."""
    name = package_name(request.plan.spec.name)
    steps = steps_of(request.graph, request.tasks, request.plan.rows.inner, request.plan.rows.whole)
    crossed = any(step.inner for step in steps)
    serve, refit = _serve_pins(request), _refit_pins(request)
    context = _context(request, steps)
    rows = synthetic_rows(context["fields"], context["unknown_category"] == "reject")
    context |= {
        "serve_flags": _flags(serve),
        "server_flags": _flags((*serve, *server_pins())),
        "example": rows[0],
        "refit_flags": _flags(refit),
        "needs_libgomp": any(pin.name == "lightgbm" for pin in serve),
        "dependencies": [at_least(pin) for pin in serve],
        "dependencies_words": " and ".join(_words(pin.name) for pin in serve),
        "refit_modules": [_MODULES.get(pin.name, pin.name) for pin in refit],
        "parquet_extra": [at_least(pin) for pin in pins(["pyarrow"], hash_table(), closure=False)],
        "server_extra": [at_least(pin) for pin in server_pins() if pin.name in SERVER],
        "refit_extra": [f"{pin.name}=={pin.version}" for pin in refit],
    }
    files: Files = {}
    for folder in folders(request.plan.spec.package.targets):
        files |= render_target(folder, name, context)
    files |= {f"src/{name}/{path}": content for path, content in _sources(request, crossed).items()}
    files |= {f"src/{name}/artifacts/{path}": content for path, content in _artifacts(request).items()}
    files |= _records(request, steps)
    files |= _locks(serve, refit)
    files |= {
        "tests/golden.json": golden_bytes(request.graph, request.states, context["fields"], rows),
        "tests/request.json": request_bytes(rows[:2]),
    }
    files[NAME] = manifest_bytes(files, _facts(request, name))
    return dict(sorted(files.items())), _warnings((*serve, *refit))


def _locks(serve: tuple[Pin, ...], refit: tuple[Pin, ...]) -> Files:
    both = tuple(sorted((*serve, *server_pins()), key=lambda pin: pin.name))
    locks = {
        "requirements.lock": (serve, "What prediction needs; scipy is not among it."),
        "requirements-server.lock": (both, "What the REST service needs: all that prediction needs, and more."),
        "requirements-refit.lock": (refit, "What refit needs."),
    }
    return {path: lock_text(found, path, purpose).encode() for path, (found, purpose) in locks.items()}


def _context(request: EmitRequest, steps: tuple[Step, ...]) -> dict[str, Any]:
    spec, crossed = request.plan.spec, any(step.inner for step in steps)
    return {
        **schema_context(request, crossed),
        **pipeline_context(steps, request.plan.classes),
        **train_context(steps, request.plan.rows.inner),
        **card_context(request),
        "name": package_name(spec.name),
        "display_name": spec.name,
        "distribution": package_name(spec.name).replace("_", "-").lower(),
        "title": f"A {request.plan.task} model, made and pinned by automl {__version__}.",
        "version": spec.package.version,
        "base_image": spec.package.base_image,
        "outputs": output_columns(request.plan.classes),
        "targets": tuple(sorted(spec.package.targets)),
        "data_file": "training" + _suffix(spec.data.path[0]),
        "automl_version": __version__,
    }


def _suffix(path: str) -> str:
    """The kind of file that the training data was; its name and place stay out of the package."""
    return next((suffix for suffix in SUFFIXES if path.lower().endswith(suffix)), ".csv")


def _serve_pins(request: EmitRequest) -> tuple[Pin, ...]:
    names = {name for operator in operators_of(request.graph) for name in operator.requires}
    return pins(names, hash_table(), closure=False)


def _refit_pins(request: EmitRequest) -> tuple[Pin, ...]:
    names = {name for operator in operators_of(request.graph) for name in operator.fit_requires}
    if any(_suffix(path).endswith((*ARROW_SUFFIXES, ".zst")) for path in request.plan.spec.data.path):
        names.add("pyarrow")
    return pins(names, hash_table(), closure=True)


def _words(distribution: str) -> str:
    return "LightGBM's shared library" if distribution == "lightgbm" else distribution


def _flags(found: Iterable[Pin]) -> str:
    return "--no-deps" if unhashed(found) else "--require-hashes --no-deps"


def _sources(request: EmitRequest, crossed: bool) -> Files:
    operators = operators_of(request.graph)
    runtime = {*READING, *(operator.module for operator in operators), *(("splits",) if crossed else ())}
    fitting = {"target", *(operator.module for operator in operators if operator.fitted)}
    return copied_sources(sorted(runtime), sorted(fitting))


def _artifacts(request: EmitRequest) -> Files:
    found: Files = {}
    for node, artifact in artifacts_of(request.graph).items():
        found |= {artifact + suffix: content for suffix, content in request.states[node].files().items()}
    return found


def _records(request: EmitRequest, steps: tuple[Step, ...]) -> Files:
    """Where the package came from."""
    fits = [
        {
            "step": step.name,
            "params": dict(fit.params),
            "seed": fit.seed,
            "rows": fit.rows.model_dump(mode="json")["path"],
        }
        for step in steps
        for fit in (*step.inner, *([step.fit] if step.fit else []))
    ]
    return {
        "automl.lock": encode_json(locks_text({request.plan.spec.name: request.lock})),
        "plan.json": encode_json(pretty_json(request.plan.model_dump(mode="json"))),
        "decisions.json": encode_json(pretty_json([dict(decision) for decision in request.decisions])),
        "winner.json": winner_bytes(request, fits),
    }


def _facts(request: EmitRequest, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "version": request.plan.spec.package.version,
        "task": request.plan.task,
        "automl": __version__,
        "data": request.plan.data_schema.data_digest,
        "versions": dict(request.lock.versions),
        "cpu": request.lock.cpu,
        "carries_training_rows": carries_rows(request.graph),
        "requires": sorted({name for operator in operators_of(request.graph) for name in operator.requires}),
    }


def _warnings(found: Iterable[Pin]) -> Warnings:
    missing = sorted(set(unhashed(found)))
    if not missing:
        return ()
    message = f"the requirements lock has no hashes: automl's table does not know {', '.join(missing)}"
    hint = "install versions that the table knows, or refresh it with benchmarks/refresh_hashes.py"
    return (Diagnostic("warning", "EMIT006", message, hint=hint),)
