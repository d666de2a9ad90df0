"""The REST service of an emitted package: its answers to right, wrong and hostile requests. One server for all."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automl.emit.golden import apply_graph
from automl.emit.write import emit_package
from tests.emit import support
from tests.emit.serving import JSON, Server, serving

ROWS = [dict(zip((s.name for s in support.table()), values, strict=True)) for values in
        zip(*(s.values for s in support.table()), strict=True)]  # fmt: skip
MOST_BYTES, MOST_ROWS, TIMEOUT = 200_000, 300, 1
QUICK = settings(max_examples=30, suppress_health_check=list(HealthCheck), deadline=None)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = support.request(support.linear_graph("multiclass"), "multiclass")
    return emit_package(made, tmp_path_factory.mktemp("served") / "package").path


@pytest.fixture(scope="module")
def server(package: Path) -> Iterator[Server]:
    limits = ("--max-body-bytes", str(MOST_BYTES), "--max-rows", str(MOST_ROWS), "--timeout", str(TIMEOUT))
    with serving(package, *limits) as running:
        yield running


@pytest.fixture(scope="module")
def expected() -> np.ndarray[Any, Any]:
    """What the trial's own code gives for the table."""
    made = support.request(support.linear_graph("multiclass"), "multiclass")
    return apply_graph(made.graph, made.states, {source.name: source.column for source in support.table()})


def bits(reply: Any) -> bytes:
    assert reply.status == 200, reply.body
    lines = [list(line.values()) for line in reply.json["probabilities"]]
    assert [list(line) for line in reply.json["probabilities"]] == [["blue", "green", "red"]] * len(lines)
    return np.array(lines, dtype=np.float64).tobytes()


def problems(reply: Any) -> list[tuple[Any, Any]]:
    assert reply.status == 422, reply.body
    assert set(reply.json) == {"error", "problems"}
    return [(problem["row"], problem["field"]) for problem in reply.json["problems"]]


def test_json_csv_and_single_rows_give_the_bits_of_the_trial(server: Server, expected: Any, tmp_path: Path) -> None:
    reply = server.rows(ROWS)
    assert bits(reply) == expected.tobytes()
    labels = [("blue", "green", "red")[at] for at in np.argmax(expected, axis=1)]
    assert reply.json["predictions"] == labels
    support.write_csv(support.table(), tmp_path / "in.csv")
    text = (tmp_path / "in.csv").read_text(encoding="utf-8")
    forms = (text, text.replace(",", ";"), "\ufeff" + text, text.replace("\n", "\n\n"))
    for body, charset in [*((form, "utf-8") for form in forms), (text, "utf-16"), (text, "latin-1")]:
        assert bits(server.predict(body.encode(charset), f"text/csv; charset={charset}")) == expected.tobytes()
    for row in (0, 7, 59):
        assert bits(server.rows([ROWS[row]])) == expected[row : row + 1].tobytes()


def test_many_at_once_get_their_own_answers(server: Server, expected: Any) -> None:
    large = ROWS * 4  # more than what is predicted in the event loop itself

    def one(number: int) -> bool:
        row = number % len(ROWS)
        if number % 10 == 0:
            return bits(server.rows(large)) == np.tile(expected, (4, 1)).tobytes()
        return bits(server.rows([ROWS[row]])) == expected[row : row + 1].tobytes()

    assert len(json.dumps(large)) > 1 << 14
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(80)))


def put(**values: Any) -> str:
    return json.dumps({"rows": [ROWS[0], {**ROWS[1], **values}]})


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (put(age="old"), [(1, "age")]),
        (put(age=[1], city={"a": 1}), [(1, "age"), (1, "city")]),
        (put(age=float("nan")), [(1, "age")]),
        (put(income=float("-inf")), [(1, "income")]),
        (put(nobody=float("nan")), [(1, "nobody")]),
        (put(city="\ud800"), [(1, "city")]),
        ('{"rows": [{"age": 1, "age": 2}]}', [(0, "age")]),
        ('{"rows": [], "rows": []}', [(None, "rows")]),
        ('{"rows": [], "more": 1}', [(None, "more")]),
        ('{"rows": [null, 3, []]}', [(0, None), (1, None), (2, None)]),
        ('{"rows": [{}]}', [(0, "age"), (0, "city")]),
        (json.dumps({"rows": [ROWS[0], {"age": 1}]}), [(1, "city")]),
        ('{"rows": {}}', [(None, None)]),
        ("[]", [(None, None)]),
        ("", [(None, None)]),
        ("[" * 100_000, [(None, None)]),
        ('{"rows": [{"age": ' + "9" * 5000 + "}]}", [(None, None)]),
        (b'{"rows": ["\xff"]}', [(None, None)]),
    ],
)
def test_wrong_json_is_named_by_row_and_field(server: Server, body: bytes | str, found: list[Any]) -> None:
    assert problems(server.predict(body)) == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("", [(None, None)]),
        ("age,plan\n1,a\n", [(None, "city")]),
        ("age,city\n1,Oslo\n2\n", [(1, None)]),
        ("age,age,city\n1,2,Oslo\n", [(None, "age")]),
        ("a," * 8190, [(None, "a")]),
        ("," * 20_000, [(None, None)]),
        ("age,city\n1,Oslo\nold,Oslo\n", [(1, "age")]),
        (b"age,city\n1,\xff\n", [(None, None)]),
        ('age,city\n1,"Oslo\n', []),
    ],
)
def test_wrong_csv_is_named_by_row_and_field(server: Server, body: bytes | str, found: list[Any]) -> None:
    reply = server.predict(body, "text/csv")
    assert (problems(reply) if reply.status != 200 else []) == found


def test_null_infinity_and_large_numbers_count_as_missing(server: Server) -> None:
    first = bits(server.rows([{**ROWS[0], "age": None}]))
    for text in ("1e999", "-1e999", '""', '"NA"', "9" * 400):
        body = json.dumps({"rows": [{**ROWS[0], "age": 0.125}]}).replace("0.125", text)
        assert bits(server.predict(body)) == first, text
    assert server.rows([]).json["predictions"] == []
    assert server.predict("age,city\n", "text/csv").json["predictions"] == []


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/predict", {}, 415),
        ("POST", "/predict", {"content-type": "application/x-www-form-urlencoded"}, 415),
        ("POST", "/predict", {"content-type": "application/json; charset=utf-16"}, 415),
        ("POST", "/predict", {"content-type": "text/csv; charset=idna"}, 415),
        ("POST", "/predict", {**JSON, "content-encoding": "gzip"}, 415),
        ("GET", "/predict", {}, 405),
        ("PUT", "/predict", JSON, 405),
        ("POST", "/info", JSON, 405),
        ("GET", "/", {}, 404),
        ("GET", "/predict/", {}, 404),
        ("GET", "/docs", {}, 404),
        ("HEAD", "/health/live", {}, 200),
        ("GET", "/info?x=1", {}, 200),
    ],
)
def test_other_requests_have_their_status(server: Server, method: str, path: str, headers: Any, status: int) -> None:
    reply = server.ask(method, path, b"{}" if method in ("POST", "PUT") else None, headers)
    assert reply.status == status
    if status == 405:
        assert reply.headers["allow"] in ("POST", "GET, HEAD", "HEAD, GET")
    if status >= 400:
        assert set(reply.json) == {"error", "problems"}


def test_too_much_is_413(server: Server) -> None:
    assert server.rows([ROWS[0]] * MOST_ROWS).status == 200
    assert server.rows([ROWS[0]] * (MOST_ROWS + 1)).status == 413
    assert server.predict("age,city\n" + "1,Oslo\n" * (MOST_ROWS + 1), "text/csv").status == 413
    padded = json.dumps({"rows": ROWS}).encode().ljust(MOST_BYTES)
    assert server.predict(padded).status == 200
    assert server.predict(padded + b" ").status == 413
    with socket.create_connection(("127.0.0.1", server.port)) as client:  # a length that is not told beforehand
        client.sendall(b"POST /predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        client.sendall(b"%x\r\n%s\r\n" % (MOST_BYTES + 1, padded + b" "))
        assert client.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_does_not_come_is_408(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
        assert server.ask("GET", "/health/live").status == 200  # others are answered meanwhile
        assert client.recv(1000).startswith(b"HTTP/1.1 408 ")


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1", "NA", "Oslo"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
ANY_ROW = st.dictionaries(st.sampled_from(["age", "income", "city", "plan", "more", ""]), VALUES)
BODIES = st.fixed_dictionaries({"rows": st.lists(ANY_ROW | VALUES, max_size=4)}) | VALUES


@QUICK
@given(body=BODIES.map(json.dumps) | st.binary(max_size=40))
def test_every_body_has_a_whole_answer(server: Server, body: Any) -> None:
    reply = server.predict(body)
    assert reply.status in (200, 422)
    if reply.status == 200:
        assert len(reply.json["predictions"]) == len(reply.json["probabilities"]) == len(json.loads(body)["rows"])
    else:
        assert reply.json["problems"]


@QUICK
@given(body=st.lists(st.lists(st.text(max_size=5) | st.sampled_from(["age", "city", "1"]), max_size=4)))
def test_every_csv_has_a_whole_answer(server: Server, body: list[list[str]]) -> None:
    text = "age,city\n" + "".join(",".join(line) + "\n" for line in body)
    assert server.predict(text.encode("utf-8", "replace"), "text/csv").status in (200, 422)


def test_the_schema_allows_what_is_predicted(server: Server) -> None:
    schema = server.ask("GET", "/schema").json
    jsonschema.Draft202012Validator.check_schema(schema)
    golden = json.loads((server.package / "tests" / "golden.json").read_text(encoding="utf-8"))["rows"]
    for row in (*golden, *ROWS):
        jsonschema.validate(row, schema)
    for wrong in ({}, {**ROWS[0], "age": "x"}, {**ROWS[0], "city": [1]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
        assert server.rows([wrong]).status == 422


def test_info_and_health_name_the_package(server: Server) -> None:
    about = server.ask("GET", "/info").json
    assert (about["name"], about["classes"]) == ("telco_churn", ["blue", "green", "red"])
    assert server.ask("GET", "/health/live").json == {"status": "live"}
    assert server.ask("GET", "/health/ready").json == {"status": "ready", "model": about["digest"]}
    assert server.rows(ROWS[:1]).json["model"] == about["digest"]


LINE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="[^"]*",?)*)\})? (\S+)')


def scrape(server: Server) -> dict[tuple[str, str], float]:
    reply = server.ask("GET", "/metrics")
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = {}
    for line in reply.body.decode().splitlines():
        if not line.startswith("# "):
            name, labels, value = LINE.fullmatch(line).groups()  # type: ignore[union-attr]
            found[name, labels or ""] = float(value)
    return found


def test_metrics_count(server: Server) -> None:
    server.predict("x")
    before = scrape(server)
    server.rows(ROWS[:5])
    server.predict("x")
    after = scrape(server)
    changes = {key: value - before.get(key, 0.0) for key, value in after.items() if value != before.get(key)}
    requests = "model_requests_total", 'route="/predict",method="POST",status="%d"'
    assert changes[requests[0], requests[1] % 200] == changes[requests[0], requests[1] % 422] == 1
    assert changes["model_rows_predicted_total", ""] == 5
    assert changes["model_prediction_errors_total", 'reason="input"'] == 1
    assert changes["model_request_seconds_count", 'route="/predict"'] == 2
    buckets = [value for (name, labels), value in after.items() if name.endswith("bucket") and '"/predict"' in labels]
    assert buckets == sorted(buckets)
    assert buckets[-1] == after["model_request_seconds_count", 'route="/predict"']
    digest = server.ask("GET", "/info").json["digest"]
    assert [f'digest="{digest}"' in labels for name, labels in after if name == "model_info"] == [True]
