"""Which cluster a run uses, and how it is written."""

from __future__ import annotations

import os
from collections.abc import Mapping

AUTO = "auto"  # Ray's own word for: the cluster that this machine is part of
HERE = "local"  # Ray's own word for: start one on this machine
CLIENT = "ray://"
_LOOPBACK = ("127.", "localhost:", "[::1]:")


def chosen_address(*said: str | None, environment: Mapping[str, str] | None = None) -> str | None:
    """The first address that is said (command line, then spec), else RAY_ADDRESS; None: start Ray on this machine.

    `local` says that, too, against a RAY_ADDRESS.
    """
    found = (os.environ if environment is None else environment).get("RAY_ADDRESS")
    for address in (*said, found):
        if address:
            return None if address == HERE else address
    return None


def is_client(address: str | None) -> bool:
    """Whether it is that of a Ray Client server: the driver is no part of the cluster then."""
    return address is not None and address.startswith(CLIENT)


def host_and_port(address: str) -> tuple[str, str]:
    """What Python's sockets take of HOST:PORT or ray://HOST:PORT; the port is '' where none is said."""
    host, _, port = address.removeprefix(CLIENT).rpartition(":")
    return host.strip("[]"), port


def is_well_formed(address: str) -> bool:
    """Whether it is `auto`, HOST:PORT or ray://HOST:PORT: what Ray makes of others takes it half a minute."""
    host, port = host_and_port(address)
    plain = bool(host) and not set(host) & set("/@? ")
    return address == AUTO or (plain and port.isascii() and port.isdigit() and 0 < int(port) < 2**16)


def is_loopback(address: str | None) -> bool:
    """Whether only this machine can be meant."""
    return address is not None and address.removeprefix(CLIENT).startswith(_LOOPBACK)
