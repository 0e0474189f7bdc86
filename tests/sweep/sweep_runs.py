"""Small sweeps, run as the command line runs them."""

from pathlib import Path

import pandas as pd

from experiments import cli
from experiments.design import Design
from experiments.factors import Factor

GAIN = "assumptions.measures.training_gain"
ERROR = "assumptions.documents.element_error_p"
SMALL = (
    "world=two_countries",
    "length=smoke",
    "scenarios=[baseline,training]",
    "replications=1",
    "workers=1",
    "engine=simpy",
)


def words(folder: Path, name: str, *more: str) -> list[str]:
    """Words of a small sweep below `folder`; those given take the place of the usual ones."""
    given = {word.partition("=")[0] for word in more}
    usual = [word for word in SMALL if word.partition("=")[0] not in given]
    return ["sweep", *usual, f"results_dir={folder}", f"name={name}", *more]


def swept(folder: Path, name: str, *more: str) -> Path:
    """The folder of a small sweep that ends well."""
    assert cli.main(words(folder, name, *more)) == 0
    return folder / "sweep" / name


def table(result: Path, name: str) -> pd.DataFrame:
    """One of its tables."""
    return pd.read_parquet(result / "tables" / f"{name}.parquet")


def factors(*names: str, low: float = 0.0, high: float = 1.0) -> tuple[Factor, ...]:
    """Factors over the same range."""
    return tuple(Factor(name, low, high) for name in names)


def columns(design: Design) -> list[list[float]]:
    """Values of each factor over the points."""
    return [list(values) for values in zip(*design.points, strict=True)]
