"""Ports of the loopback address."""

import socket

LOOPBACK = "127.0.0.1"


def port_is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Servers set the same: connections still closing from a minute ago do not occupy a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_port(after: int = 8000, host: str = LOOPBACK) -> int:
    """The next free port above `after`. OSError when there is none."""
    for port in range(after + 1, 65536):
        if port_is_free(port, host):
            return port
    raise OSError(f"no free port above {after} on {host}")


def any_port(host: str = LOOPBACK) -> int:
    """A free port of the system's choice."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
