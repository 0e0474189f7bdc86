"""Reference tables shipped with the package: countries, pairs of countries, and what their bytes were."""

import csv
import hashlib
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from sim.settings.errors import SettingsError

DATA = "data"


def _data(*parts: str) -> Traversable:
    return files("sim.world").joinpath(DATA, *parts)


def read_rows(*parts: str) -> list[dict[str, str]]:
    """Rows of a shipped CSV table as text, by column name.

    Parameters
    ----------
    *parts : str
        Path below `sim/world/data`, e.g. `"reference", "countries.csv"`.
    """
    return list(csv.DictReader(_data(*parts).read_text(encoding="utf-8").splitlines()))


def did_you_mean(name: str, known: list[str]) -> str:
    """A cure for a mistyped name: the nearest known names, or how many there are."""
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(sorted(known)[:12])} ..."


@cache
def _capacities() -> dict[str, float]:
    return {r["iso3"]: float(r["d_capacity01"]) for r in read_rows("reference", "countries.csv")}


def country_capacity(key: str) -> float:
    """Capacity of a real customs administration in [0, 1].

    Parameters
    ----------
    key : str
        ISO 3166 alpha-3 code.

    Returns
    -------
    float
        Mean of the customs, government and technology scores (see `data/reference/PROVENANCE.md`).

    Raises
    ------
    SettingsError
        If the table has no such country.
    """
    known = _capacities()
    if key not in known:
        raise SettingsError(
            f"world.countries.{key}: {key} is not among the {len(known)} countries of the reference table; "
            f"give its capacity01, or {did_you_mean(key, list(known))}"
        )
    return known[key]


@cache
def _bilateral() -> dict[tuple[str, str], tuple[float, float, float]]:
    return {
        (r["iso3_a"], r["iso3_b"]): (float(r["comlang_off"]), float(r["contig"]), float(r["d_tension01"]))
        for r in read_rows("reference", "bilateral.csv")
    }


def pair_reference(origin: str, destination: str) -> tuple[float, float, float]:
    """Common official language (0/1), contiguity (0/1) and political tension in [0, 1] of two real countries.

    Parameters
    ----------
    origin, destination : str
        ISO 3166 alpha-3 codes; order is no matter, the table holds unordered pairs.

    Raises
    ------
    SettingsError
        If the table has no such pair.
    """
    first, second = sorted((origin, destination))
    if (first, second) not in _bilateral():
        known = sorted(_capacities())
        wrong = next((c for c in (origin, destination) if c not in known), origin)
        raise SettingsError(
            f"world.pairs {origin}>{destination}: the reference table has no such pair; "
            f"give common_language, contiguous and tension, or {did_you_mean(wrong, known)}"
        )
    return _bilateral()[first, second]


def data_hashes() -> dict[str, str]:
    """SHA-256 of every shipped data table, by its path below `sim/world/data`; a run's manifest records it."""
    hashes = {}
    for folder in sorted(_data().iterdir(), key=lambda f: f.name):
        for file in sorted(folder.iterdir(), key=lambda f: f.name) if folder.is_dir() else []:
            if file.name.endswith(".csv"):
                hashes[f"{folder.name}/{file.name}"] = hashlib.sha256(file.read_bytes()).hexdigest()
    return hashes
