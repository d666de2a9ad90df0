"""The diagnostics of emission: code -> one-line meaning."""

from __future__ import annotations

CODES: dict[str, str] = {
    "EMIT001": "something stands at the place of the package that may not be replaced",
    "EMIT002": "the name in the spec cannot be the name of a Python package",
    "EMIT003": "two columns of the prediction files would have the same name",
    "EMIT004": "package.version is no version number",
    "EMIT005": "package.base_image is no image name",
    "EMIT006": "an installed version is not in the table of hashes: the requirements lock has no hashes (warning)",
}
