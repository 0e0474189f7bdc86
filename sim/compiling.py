"""Where compiled code is kept, so that a later run, or another worker, reads what one has compiled."""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def kept_on_disk(name: str, sources: Sequence[str]) -> Iterator[None]:
    """While it lasts, numba keeps what it is told to cache in a folder of this name.

    Parameters
    ----------
    name : str
        What is compiled.
    sources : sequence of str
        Every file it is made of.
    """
    from numba import config

    chosen = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder(chosen, name, sources))
    try:
        yield
    finally:
        config.CACHE_DIR = chosen


def cache_folder(chosen: str, name: str, sources: Sequence[str]) -> Path:
    """Folder of compiled code, a new one for every change of the source.

    numba looks at the time stamp of one file and does not see that a constant or a rule in another has changed, so
    the folder's name holds a digest of every source.

    Parameters
    ----------
    chosen : str
        The user's own choice (`NUMBA_CACHE_DIR`), or empty.
    name, sources
        As for `kept_on_disk`.
    """
    digest = hashlib.sha256(b"".join(Path(file).read_bytes() for file in sources)).hexdigest()[:16]
    inner = Path("bordersim") / f"{name}-{digest}"
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for folder in (Path(chosen) if chosen else home, Path(tempfile.gettempdir())):
        try:
            (folder / inner).mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder / inner, os.W_OK):
            return folder / inner
    return Path(chosen or home) / inner
