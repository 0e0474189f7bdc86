"""The tables of a result: summary and differences from replication sums; CSV, Parquet and data dictionary."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.dictionary import DICTIONARY, Meanings, data_dictionary
from experiments.disk import write_atomic
from experiments.statistics import (
    LEVEL_ALPHA,
    Bools,
    Floats,
    bonferroni_alpha,
    contrast,
)
from experiments.verdicts import central_verdict
from sim.settings.errors import BordersimError
from sim.settings.run import WINDOWS

PRIMARY_INDICATORS = ("clearance_mean_h", "interdiction_rate")
PRIMARY_PERIOD = "transition"
"""The window every result has; sweeps speak of it alone."""
SINGLES = ("standardisation", "data_sharing", "training")
COMBINED = "combined"
SUM_OF_SINGLES = "sum of singles"

COUNTED_UNITS = ("share", "per day")
"""Units of rates whose numerator counts events (utilisation, a share of minutes, does not)."""


@dataclass(frozen=True)
class Sums:
    """Replication sums as arrays (scenario, cell, replication), in order of first appearance.

    A row that is absent counts as 0 / 0; whoever writes the sums must write rows of zeros where a denominator
    (days, attempts) exists although nothing happened.
    """

    scenarios: tuple[str, ...]
    cells: pd.DataFrame
    numerator: Floats
    denominator: Floats

    @classmethod
    def of(cls, replications: pd.DataFrame) -> "Sums":
        """Read the `replications` table.

        Raises
        ------
        BordersimError
            If a column or a replication of a scenario is missing, or a row is there twice.
        """
        _check_columns(replications)
        rows = replications.reset_index(drop=True)
        identity, scenario = pd.factorize(rows["scenario"])
        number, numbers = pd.factorize(rows["replication"], sort=True)
        cell = rows.groupby(["indicator", "period", "group"], sort=False, dropna=False).ngroup().to_numpy()
        _check_complete(rows)
        cells = rows.loc[~pd.Series(cell).duplicated(), ["indicator", "unit", "period", "group", "shape"]]
        shape = (len(scenario), len(cells), len(numbers))
        position = (identity, cell, number)
        _check_single(np.ravel_multi_index(position, shape), rows)
        top, bottom = np.zeros(shape), np.zeros(shape)
        top[position], bottom[position] = rows["numerator"], rows["denominator"]
        undefined = np.isnan(top) | np.isnan(bottom)
        top[undefined] = bottom[undefined] = 0.0
        return cls(tuple(map(str, scenario)), cells.reset_index(drop=True), top, bottom)

    @property
    def replications(self) -> int:
        """Number of paired replications."""
        return int(self.numerator.shape[2])

    def used(self, chosen: list[int]) -> Bools:
        """Array (cell, replication): values need every chosen scenario defined; sums are pooled, so all enter."""
        defined = (self.denominator[chosen] != 0).all(axis=0)
        return np.asarray(defined | (self.cells["shape"] == "ratio").to_numpy()[:, None])


def _check_columns(rows: pd.DataFrame) -> None:
    missing = [c for c in DICTIONARY["replications"] if c not in rows.columns]
    if missing:
        raise BordersimError(
            f"replications: column {missing[0]} is missing; give {', '.join(DICTIONARY['replications'])}"
        )
    wrong = sorted(set(rows["shape"]) - {"ratio", "value"})
    if wrong:
        raise BordersimError(f"replications: shape '{wrong[0]}' is unknown; it must be ratio or value")


def _check_complete(rows: pd.DataFrame) -> None:
    present = rows[["scenario", "replication"]].drop_duplicates()
    every = pd.MultiIndex.from_product([present["scenario"].unique(), present["replication"].unique()])
    absent = every.difference(pd.MultiIndex.from_frame(present))
    if len(absent):
        scenario, number = absent[0]
        raise BordersimError(
            f"replications: scenario {scenario} has no replication {number}; comparisons are paired, "
            "so run it again or leave that replication out of every scenario"
        )


def _check_single(position: np.ndarray[tuple[int], np.dtype[np.intp]], rows: pd.DataFrame) -> None:
    twice = pd.Series(position).duplicated().to_numpy()
    if twice.any():
        row = rows.loc[twice].iloc[0]
        raise BordersimError(
            f"replications: {row['indicator']} ({row['period']}, {row['group']}) of scenario {row['scenario']}, "
            f"replication {row['replication']}, is there twice; each sum must have one row"
        )


def summary_table(replications: pd.DataFrame) -> pd.DataFrame:
    """Each indicator of each scenario with its 95 % interval.

    Parameters
    ----------
    replications : DataFrame
        Sums, one row per scenario x replication x indicator x period x group (`DICTIONARY["replications"]`).

    Returns
    -------
    DataFrame
        Columns of `DICTIONARY["summary"]`; scenarios and cells keep their order of first appearance. A rate of
        events that is the same in every replication (none stopped, or all) has a value but no interval.
    """
    sums = Sums.of(replications)
    counted = sums.cells["unit"].isin(COUNTED_UNITS) & (sums.cells["indicator"] != "utilisation")
    frames = []
    for i, scenario in enumerate(sums.scenarios):
        chosen = [i]
        found = contrast(sums.numerator[chosen], sums.denominator[chosen], np.ones(1), sums.used(chosen))
        # None of n stopped, in every replication, does not make none certain: such a rate has no interval.
        bounded = ~(counted & (found.standard_error == 0))
        frame = sums.cells[["indicator", "unit", "period", "group"]].assign(
            scenario=scenario,
            mean=found.value,
            lower=np.where(bounded, found.lower, np.nan),
            upper=np.where(bounded, found.upper, np.nan),
            replications=sums.replications,
            undefined=(sums.denominator[i] == 0).sum(axis=-1),
            events=np.where(counted, sums.numerator[i].sum(axis=-1), np.nan),
        )
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)[list(DICTIONARY["summary"])]


def differences_table(replications: pd.DataFrame, reference: str, measure_scenarios: Collection[str]) -> pd.DataFrame:
    """Each scenario minus the reference, paired by replication.

    Parameters
    ----------
    replications : DataFrame
        As for `summary_table`.
    reference : str
        Scenario to subtract.
    measure_scenarios : collection of str
        Scenarios with a measure of non-zero intensity; with the two primary indicators in every window they are
        the primary family, whose intervals cover together with 95 % (Bonferroni). All other rows are exploratory.

    Returns
    -------
    DataFrame
        Columns of `DICTIONARY["differences"]`; then, where `combined` and all its singles were run, the
        interaction (combined - reference) - sum of (single - reference) of the primary indicators.

    Raises
    ------
    BordersimError
        If `reference` is not among the scenarios.
    """
    sums = Sums.of(replications)
    if reference not in sums.scenarios:
        known = ", ".join(sums.scenarios)
        raise BordersimError(f"reference '{reference}' was not run; choose one of {known}")
    others = [s for s in sums.scenarios if s != reference]
    family = set(measure_scenarios) & set(others)
    windows = sums.cells["period"].isin(WINDOWS)
    alpha = bonferroni_alpha(len(family) * len(PRIMARY_INDICATORS) * sums.cells.loc[windows, "period"].nunique())
    frames = [_against(sums, s, reference, alpha if s in family else None) for s in others]
    if {COMBINED, *SINGLES} <= set(others):
        frames.append(_interaction(sums, reference))
    columns = list(DICTIONARY["differences"])
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


def _primary(cells: pd.DataFrame) -> Bools:
    return np.asarray(
        cells["indicator"].isin(PRIMARY_INDICATORS) & cells["period"].isin(WINDOWS) & (cells["group"] == "all")
    )


def _contrast_frame(sums: Sums, weights: Mapping[str, float], alpha: Floats | float) -> pd.DataFrame:
    chosen = [sums.scenarios.index(s) for s in weights]
    found = contrast(
        sums.numerator[chosen],
        sums.denominator[chosen],
        np.array(list(weights.values()), dtype=np.float64),
        sums.used(chosen),
        alpha,
    )
    return sums.cells[["indicator", "unit", "period", "group"]].assign(
        difference=found.value,
        lower=found.lower,
        upper=found.upper,
        family="exploratory",
        pairing_gain=found.pairing_gain,
        detectable=found.detectable,
        verdict="",
    )


def _against(sums: Sums, scenario: str, reference: str, family_alpha: float | None) -> pd.DataFrame:
    primary = _primary(sums.cells) & (family_alpha is not None)
    alpha = np.where(primary, family_alpha or LEVEL_ALPHA, LEVEL_ALPHA)
    frame = _contrast_frame(sums, {scenario: 1.0, reference: -1.0}, alpha)
    a, b = sums.scenarios.index(scenario), sums.scenarios.index(reference)
    same = (sums.numerator[a] == sums.numerator[b]) & (sums.denominator[a] == sums.denominator[b])
    identical = same.all(axis=-1)
    found = zip(frame["difference"], frame["lower"], frame["upper"], identical, primary, strict=True)
    words = [central_verdict(*row) if judged else "" for *row, judged in found]
    family = np.where(primary, "primary", "exploratory")
    return frame.assign(scenario=scenario, reference=reference, family=family, verdict=words)


def _interaction(sums: Sums, reference: str) -> pd.DataFrame:
    weights = {COMBINED: 1.0, **dict.fromkeys(SINGLES, -1.0), reference: len(SINGLES) - 1.0}
    frame = _contrast_frame(sums, weights, LEVEL_ALPHA)
    return frame.loc[_primary(sums.cells)].assign(scenario=COMBINED, reference=SUM_OF_SINGLES)


def write_tables(
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    meanings: Meanings | None = None,
    written_apart: Collection[str] = (),
) -> None:
    """Write every table as CSV beside Parquet, and `dictionary.csv`.

    Parameters
    ----------
    folder : Path
        The `tables` folder of a result.
    tables : mapping of name to DataFrame
        For instance summary, differences, replications, daily, mechanisms.
    meanings : mapping, optional
        `{table: {column: (meaning, unit)}}` of tables `DICTIONARY` does not describe.
    written_apart : collection of str
        Tables of `DICTIONARY` that stand in the folder as Parquet alone, to be described with the others.
    """
    apart = {name: pd.DataFrame(columns=list(DICTIONARY[name])) for name in written_apart}
    dictionary = data_dictionary({**tables, **apart}, meanings or {})
    for name, frame in tables.items():
        write_atomic(folder / f"{name}.csv", _csv(frame))
        buffer = BytesIO()
        frame.to_parquet(buffer, index=False)
        write_atomic(folder / f"{name}.parquet", buffer.getvalue())
    write_atomic(folder / "dictionary.csv", _csv(dictionary))


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, lineterminator="\n").encode()
