"""The spec as written: every key of the language, all but four optional. No default value lives here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Strict, Tag

from automl.spec.atoms import (
    MAPPING,
    OPTIONS,
    RANGE,
    SCALAR,
    Number,
    OneOrMany,
    RowsOrTime,
    Scalar,
    Size,
    Time,
    folds_form,
    metric_form,
    space_form,
)

Texts = Annotated[tuple[str, ...], Strict(False)]
CheckAction = Literal["allow", "warn", "error", "fix"]


class Written(BaseModel):
    """A mapping of the spec. Unknown keys and values of a near type ("3" for 3) are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class WrittenFormat(Written):
    """How a csv file is read; what is left out is found out."""

    delimiter: str | None = Field(None, description="The character between two fields of a csv file.")
    decimal: str | None = Field(None, description="The decimal mark of numbers in a csv file: '.' or ','.")
    encoding: str | None = Field(None, description="The encoding of a csv file, such as utf-8 or latin-1.")
    missing: Texts | None = Field(None, description="Texts that stand for a missing value, in every column.")


class WrittenColumn(Written):
    """What is said of one column instead of what would be inferred."""

    kind: Literal["numeric", "integer", "boolean", "categorical", "datetime", "text"] | None = Field(
        None, description="What the values of the column mean."
    )
    missing: Texts | None = Field(None, description="Texts that stand for a missing value in this column.")
    monotone: Literal["increasing", "decreasing"] | None = Field(
        None, description="The prediction may only rise, or only fall, as this column rises."
    )


class WrittenData(Written):
    """Where the table is and what its columns are for."""

    path: OneOrMany | None = Field(
        None, description="The data, relative to the spec: a file, a list of files, or a glob."
    )
    url: str | None = Field(None, description="The address of an SQL database, instead of a path; needs query.")
    query: str | None = Field(None, description="The SQL query that gives the table.")
    test: OneOrMany | None = Field(None, description="A separate file for the holdout, instead of validation.holdout.")
    format: WrittenFormat | None = Field(None, description="How the files are read.")
    target: str = Field(description="The column that is predicted.")
    positive: Scalar | None = Field(None, description="Binary tasks: the class whose probability is scored.")
    id: Texts | None = Field(None, description="Columns that are no features but are carried to the predictions.")
    ignore: Texts | None = Field(None, description="Columns that are not used.")
    weight: str | None = Field(None, description="The column of sample weights.")
    group: str | None = Field(None, description="Rows with one value of this column stay together in every split.")
    time: str | None = Field(None, description="The column that gives the order of the rows in time.")
    columns: Mapping[str, WrittenColumn] | None = Field(
        None, description="Per column: what is to hold instead of what would be inferred."
    )
    checks: Mapping[str, CheckAction] | None = Field(
        None, description="Per code of a data-quality finding: what is done about it."
    )


class WrittenFolds(Written):
    """Folds that a column of the table gives."""

    column: str = Field(description="The column that names the fold of each row.")


class WrittenValidation(Written):
    """How scores are made honest."""

    kind: Literal["random", "stratified", "group", "time"] | None = Field(None, description="How rows are split.")
    folds: (
        Annotated[
            Annotated[int, Tag(SCALAR)] | Annotated[WrittenFolds, Tag(MAPPING)],
            Discriminator(folds_form),
        ]
        | None
    ) = Field(None, description="How many folds, or the column that names them.")
    gap: RowsOrTime | None = Field(
        None, description="Time splits: what lies between training and validation, a time (7d) or a number of rows."
    )
    holdout: float | None = Field(
        None,
        description="The share of rows that is kept for the final estimate; 0 for none.",
        json_schema_extra={"minimum": 0, "maximum": 0.9},
    )


class WrittenBudget(Written):
    """When the search ends; the first limit that is reached counts."""

    trials: int | None = Field(None, description="How many trials.", json_schema_extra={"minimum": 1})
    time: Time | None = Field(None, description="How long, such as 90s, 10m or 2h.")


class WrittenTrial(Written):
    """The limits of one fit."""

    timeout: Time | None = Field(None, description="How long one fit may take, such as 60s.")
    memory: Size | None = Field(None, description="How much memory one fit may take, such as 2GiB.")
    cpus: int | None = Field(None, description="How many threads one fit uses.", json_schema_extra={"minimum": 1})


class WrittenRange(Written):
    """A range of numbers that is searched."""

    low: Number | None = Field(None, description="The smallest value.")
    high: Number | None = Field(None, description="The largest value.")
    log: bool | None = Field(None, description="Whether values are drawn on a logarithmic scale.")


class WrittenOptions(Written):
    """A choice that is searched."""

    options: Annotated[tuple[Scalar, ...], Strict(False)] = Field(description="The values to choose from.")


SpaceValue = Annotated[
    Annotated[WrittenRange, Tag(RANGE)] | Annotated[WrittenOptions, Tag(OPTIONS)] | Annotated[Scalar, Tag(SCALAR)],
    Discriminator(space_form),
]


class WrittenSearch(Written):
    """What is searched, and how long."""

    seed: int | None = Field(None, description="The seed from which every other seed is derived.")
    budget: WrittenBudget | None = Field(None, description="When the search ends.")
    trial: WrittenTrial | None = Field(None, description="The limits of one fit.")
    families: Texts | None = Field(None, description="The families of models that are tried.")
    space: Mapping[str, Mapping[str, SpaceValue]] | None = Field(
        None, description="Per operator and parameter: a fixed value, {low, high, log} or {options}."
    )
    parallelism: int | None = Field(
        None, description="Virtual slots; the result depends on it.", json_schema_extra={"minimum": 1}
    )


class WrittenEnsemble(Written):
    """How many fitted models a winner may combine."""

    size: int | None = Field(
        None, description="Fitted models at most; 1: one pipeline.", json_schema_extra={"minimum": 1}
    )


class WrittenUnder(Written):
    """A disturbance of the data under which a metric is measured again; each is a strength above 0."""

    noise: float | None = Field(None, description="Noise on numeric columns, in standard deviations.")
    missing: float | None = Field(None, description="The share of values that is removed.")
    shuffle_categories: float | None = Field(None, description="The share of categories that is shuffled.")
    outliers: float | None = Field(None, description="The share of numeric values that is replaced by outliers.")
    scale: float | None = Field(None, description="The factor by which numeric columns are scaled.")


class WrittenCriterion(Written):
    """A condition that must hold before anything is emitted."""

    metric: str | None = Field(None, description="The metric that the condition is about.")
    at_least: float | None = Field(None, description="The smallest value that is accepted.")
    at_most: float | None = Field(None, description="The largest value that is accepted.")
    better_than_baseline_by: float | None = Field(None, description="How much better than the constant baseline.")
    under: WrittenUnder | None = Field(None, description="Measure under a disturbance of the data.")
    drop_at_most: float | None = Field(None, description="How much worse the metric may get under the disturbance.")
    for_each: str | None = Field(None, description="Measure for each value of this column.")
    gap_at_most: float | None = Field(None, description="The largest gap between two values of that column.")
    latency_p99: Time | None = Field(None, description="99 of 100 single predictions are faster, such as 5ms.")
    package_size: Size | None = Field(None, description="The largest size of the package, such as 50MiB.")


class WrittenRun(Written):
    """Where trials run."""

    executor: Literal["ray", "local", "inline"] | None = Field(None, description="What runs the trials.")
    address: str | None = Field(None, description="A running Ray cluster: HOST:PORT, auto, ray://HOST:PORT.")


class WrittenPackage(Written):
    """What is emitted."""

    version: str | None = Field(None, description="The version of the package, such as 1.0.0.")
    targets: (
        Annotated[
            tuple[Literal["python", "docker", "kubernetes", "ci", "onnx", "mlflow"], ...],
            Strict(False),
        ]
        | None
    ) = Field(None, description="What is written beside the Python package.")
    base_image: str | None = Field(None, description="The container image to build on; a digest may be part of it.")
    unknown_category: Literal["other", "missing", "reject"] | None = Field(
        None, description="What a category that training never saw counts as."
    )
    missing_numeric: Literal["median", "reject"] | None = Field(
        None, description="What a missing number gets where training had none missing."
    )
    sign: str | None = Field(None, description="The path of an Ed25519 key that signs the package.")


class WrittenMetric(Written):
    """A metric with a parameter, or one of the user's own."""

    name: str | None = Field(None, description="The name of a metric, with its level beside it.")
    level: float | None = Field(
        None,
        description="pinball: which quantile is predicted, such as 0.9.",
        json_schema_extra={"exclusiveMinimum": 0, "exclusiveMaximum": 1},
    )
    function: str | None = Field(
        None, description="A metric of one's own: module.function, beside the spec or installed."
    )
    direction: Literal["maximise", "minimise"] | None = Field(
        None, description="Which way a metric of one's own is better."
    )
    needs: Literal["probability", "label", "value"] | None = Field(
        None, description="What a metric of one's own is computed from, beside the target."
    )


class WrittenSpec(Written):
    """The whole spec, as written."""

    version: int = Field(description="The version of the language: 1.", json_schema_extra={"const": 1})
    name: str = Field(
        description="The name of the run; with - as _ it becomes the name of the package.",
        json_schema_extra={"pattern": "^[A-Za-z][A-Za-z0-9_-]*$"},
    )
    task: Literal["binary", "multiclass", "regression"] | None = Field(
        None, description="What kind of target it is; left out: decided from the target."
    )
    data: WrittenData = Field(description="The table.")
    metric: (
        Annotated[
            Annotated[str, Tag(SCALAR)] | Annotated[WrittenMetric, Tag(MAPPING)],
            Discriminator(metric_form),
        ]
        | None
    ) = Field(None, description="The metric that is optimised: its name, or a mapping.")
    validation: WrittenValidation | None = Field(None, description="How scores are made honest.")
    search: WrittenSearch | None = Field(None, description="What is searched, and how long.")
    ensemble: WrittenEnsemble | None = Field(None, description="How many fitted models a winner may combine.")
    accept: Annotated[tuple[WrittenCriterion, ...], Strict(False)] | None = Field(
        None, description="Conditions that must hold before anything is emitted."
    )
    run: WrittenRun | None = Field(None, description="Where trials run.")
    package: WrittenPackage | None = Field(None, description="What is emitted.")
