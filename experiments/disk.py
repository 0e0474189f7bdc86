"""Writing so that a crash, or a second writer, never leaves half of anything."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.settings.errors import BordersimError


@contextmanager
def disk_may_refuse(path: Path) -> Iterator[None]:
    """Turn a refusal of the disk (full, read-only, no rights) into one line that names `path`."""
    try:
        yield
    except OSError as error:
        raise BordersimError(
            f"{path}: cannot be written ({error.strerror or error}); free some space or give another results folder"
        ) from error


def temporary(folder: Path) -> Path:
    """A name in `folder` that nobody else uses and no reader of tables takes for one."""
    return folder / f".tmp-{uuid.uuid4().hex}.part"


def write_synced(path: Path, data: bytes) -> None:
    """Write a new file and wait until the disk has it."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file all or nothing: a reader, or a crash, never meets half of it.

    Raises
    ------
    BordersimError
        If the disk refuses; the former file, if any, is untouched.
    """
    part = temporary(path.parent)
    try:
        with disk_may_refuse(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_synced(part, data)
            os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def publish(folder: Path, target: Path) -> bool:
    """Rename a finished folder to where it belongs; False, and nothing changed, where `target` already holds something.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    sync_folder(folder)
    try:
        os.rename(folder, target)
    except OSError:
        if target.exists():
            return False
        raise
    sync_folder(target.parent)
    return True


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder; systems other than POSIX do so by themselves."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
