"""What is in the checkout must travel in the wheel."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]


def folder_of(package: str) -> Path:
    return ROOT / str(SETUPTOOLS["package-dir"].get(package, package.replace(".", "/")))


def carried() -> set[Path]:
    """Files the package list and its data patterns put into a wheel."""
    code = {file for package in SETUPTOOLS["packages"] for file in folder_of(package).glob("*.py")}
    data = SETUPTOOLS["package-data"].items()
    return code | {f for package, globs in data for glob in globs for f in folder_of(package).glob(glob) if f.is_file()}


def test_every_module_table_and_setting_travels_in_the_wheel() -> None:
    present = {
        file
        for top in ("sim", "experiments", "configs")
        for file in (ROOT / top).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and not file.name.startswith(".")
    }
    assert sorted(str(f.relative_to(ROOT)) for f in present - carried()) == []


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_constraints_name_versions_and_nothing_else(version: str) -> None:
    lines = (ROOT / f"constraints-{version}.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []
    named = {re.split("==", line)[0].lower().replace("_", "-") for line in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {re.split(r"[<>=\[; ]", line)[0].lower() for line in wanted} <= named
