"""Which model made a number: the version of the package and a digest of the model's own files."""

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

import sim


def package_version() -> str:
    """Version of bordersim as installed."""
    try:
        return metadata.version("bordersim")
    except metadata.PackageNotFoundError:
        return "(a checkout that is not installed)"


@cache
def model_version() -> str:
    """Package version and digest of every source and data file of `sim`, so that changed code is another version."""
    return f"{package_version()}+{digest_of(Path(str(sim.__file__)).parent)}"


def digest_of(folder: Path) -> str:
    """First 12 hexadecimal digits of a hash over names and contents of all files below a folder, caches left out."""
    digest = hashlib.blake2b(digest_size=6)
    files = {f.relative_to(folder).as_posix(): f for f in folder.rglob("*") if f.is_file()}
    for name, file in sorted(files.items()):
        if "__pycache__" not in name:
            content = file.read_bytes()
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
