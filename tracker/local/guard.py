"""Ends a server when the process that started it is gone, on systems without a parent-death signal.

Run as a script, not imported: `python guard.py PID SIGNAL` with a pipe on its standard input. The starter holds
the other end and never writes, so the pipe ends in the moment the starter does, whatever ended it.
"""

import os
import select
import sys

LOOK_SECONDS = 1.0


def watch(pid: int, signal_number: int) -> None:
    """Return when `pid` is gone or, after the pipe ended, has been sent the signal."""
    while True:
        ended, _, _ = select.select([0], [], [], LOOK_SECONDS)
        try:
            os.kill(pid, signal_number if ended else 0)
        except ProcessLookupError:
            return
        if ended:
            return


if __name__ == "__main__":
    watch(int(sys.argv[1]), int(sys.argv[2]))
