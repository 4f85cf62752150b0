"""Whom PostgreSQL runs as when root starts it, and how that user reaches its files.

PostgreSQL refuses to run as root. The owner of an existing data directory runs it; a new one is given to a
system user of its own. Closed folders above the checkout stay closed to everybody else: that one user is let
through by an access control entry (search only, no reading), never by opening the folder to all.
"""

import errno
import os
import pwd
import shutil
import stat
import struct
import subprocess
import sys
from pathlib import Path

from tracker.local import life
from tracker.local.server import LocalServerError

SYSTEM_USER = "tracker_db"
ACL = "system.posix_acl_access"
VERSION = 2
USER_OBJ, USER, GROUP_OBJ, MASK, OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
ANYONE = 0xFFFFFFFF
SEARCH = 1
Entry = tuple[int, int, int]


def account_for(data_dir: Path) -> tuple[int, int] | None:
    """(user id, group id) to run the server of `data_dir` as; None: as we are.

    Raises LocalServerError where the directory belongs to somebody else and we are not root.
    """
    owner = data_dir.stat() if data_dir.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner.st_uid != os.geteuid():
            raise LocalServerError(
                f"{data_dir} belongs to user id {owner.st_uid}: run as that user (or root), "
                "set VAR_DIR to another folder, or set DATABASE_URL"
            )
        return None
    if owner is not None and owner.st_uid != 0:
        return owner.st_uid, owner.st_gid
    entry = _system_user()
    return entry.pw_uid, entry.pw_gid


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if not useradd:
        return pwd.getpwnam("nobody")
    command = [useradd, "--system", "--no-create-home", "--home-dir", "/nonexistent"]
    subprocess.run(
        [*command, "--shell", "/usr/sbin/nologin", SYSTEM_USER],
        check=False,
        capture_output=True,
    )
    # A start beside this one may be adding it just now, and useradd lets in only one.
    if life.wait_until(_has_system_user, 2.0):
        return pwd.getpwnam(SYSTEM_USER)
    return pwd.getpwnam("nobody")  # a read-only /etc, as in some containers


def _has_system_user() -> bool:
    return any(entry.pw_name == SYSTEM_USER for entry in pwd.getpwall())


def let_through(path: Path, account: tuple[int, int]) -> None:
    """Let the account search every folder above `path` that it cannot search now."""
    for folder in path.resolve().parents:
        if not _may_search(folder.stat(), account):
            _grant_search(folder, account[0])


def make_readable(tree: Path) -> None:
    """Let everybody read and run the programs in `tree`; a careful umask at installation may forbid it."""
    for found in (tree, *tree.rglob("*")):
        mode = found.lstat().st_mode
        if stat.S_ISLNK(mode):
            continue
        runs = stat.S_ISDIR(mode) or mode & stat.S_IXUSR
        wanted = mode | (0o555 if runs else 0o444)
        if wanted != mode:
            found.chmod(stat.S_IMODE(wanted))


def _may_search(found: os.stat_result, account: tuple[int, int]) -> bool:
    uid, gid = account
    if found.st_uid == uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def _grant_search(folder: Path, uid: int) -> None:
    try:
        if sys.platform != "linux":
            raise OSError(errno.ENOTSUP, "no POSIX access control list")
        entries = _entries(folder)
        entries = [entry for entry in entries if entry[::2] != (USER, uid) and entry[0] != MASK]
        entries.append((USER, SEARCH, uid))
        # The mask bounds what named users and the group may do; it has to hold what each of them has.
        mask = 0
        for tag, allowed, _ in entries:
            mask |= allowed if tag not in (USER_OBJ, OTHER) else 0
        entries.append((MASK, mask, ANYONE))
        entries.sort(key=lambda entry: (entry[0], entry[2]))
        packed = b"".join(struct.pack("<HHI", *entry) for entry in entries)
        os.setxattr(folder, ACL, struct.pack("<I", VERSION) + packed)
    except OSError as error:
        raise LocalServerError(
            f"the database's user (id {uid}) cannot pass through {folder} ({error.strerror}): run as a normal "
            f"user, or `chmod o+x {folder}`, or work in a folder that is open, or set DATABASE_URL"
        ) from error


def _entries(folder: Path) -> list[Entry]:
    """The list that the folder has; its mode written as a list where it has none."""
    try:
        held = os.getxattr(folder, ACL)[4:]
    except OSError as error:
        if error.errno != errno.ENODATA:
            raise
        mode = folder.stat().st_mode
        return [
            (USER_OBJ, mode >> 6 & 7, ANYONE),
            (GROUP_OBJ, mode >> 3 & 7, ANYONE),
            (OTHER, mode & 7, ANYONE),
        ]
    return [(tag, allowed, who) for tag, allowed, who in struct.iter_unpack("<HHI", held)]
