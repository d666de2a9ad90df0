# Recipes are plain lines: without `just`, copy them.

# lint and types
check:
    ruff check . && ruff format --check . && mypy

# the quick tests
test:
    pytest

# the slow tests (containers, fresh environments, whole runs)
slow:
    pytest -m slow

# write the golden packages and snapshots again, then look at the difference
golden:
    AUTOML_REGEN=1 pytest tests/emit tests/spec && git diff --stat tests

# the measures of benchmarks/README.md
bench:
    python benchmarks/startup.py
