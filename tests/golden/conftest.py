"""The golden trees are data: the tests inside them belong to the packages."""

from __future__ import annotations

collect_ignore_glob = ["*"]
