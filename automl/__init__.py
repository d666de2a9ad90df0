"""A declarative AutoML pipeline compiler."""

__version__ = "0.1.0"
