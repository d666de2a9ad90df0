"""A declarative AutoML pipeline compiler: `automl.compile`, `automl.train`, `automl.verify`, `automl.load`.

Importing this imports nothing else; what is asked for is imported when it is asked for.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False  # typing itself is not imported either; type checkers know the name
if TYPE_CHECKING:
    from automl.api import Model as Model
    from automl.api import Options as Options
    from automl.api import compile as compile
    from automl.api import load as load
    from automl.api import train as train
    from automl.api import verify as verify
    from automl.api_results import Compiled as Compiled
    from automl.api_results import Trained as Trained
    from automl.api_results import Verified as Verified
    from automl.errors import AutomlError as AutomlError
    from automl.errors import NotAccepted as NotAccepted

_HOMES = {
    **dict.fromkeys(("Model", "Options", "compile", "load", "train", "verify"), "api"),
    **dict.fromkeys(("Compiled", "Trained", "Verified"), "api_results"),
    **dict.fromkeys(("AutomlError", "NotAccepted"), "errors"),
}
__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'automl' has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f"automl.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return list(__all__)
