"""How many lorries come: monthly counts of a port turned into the mean of an ordinary weekday."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from functools import cache

from sim.settings.errors import SettingsError
from sim.settings.parameters import DemandParameters
from sim.world.reference import did_you_mean, read_rows

Hours = Sequence[tuple[int, int] | None]


@cache
def _counts() -> dict[tuple[str, int], dict[str, dict[int, int]]]:
    """Lorries by (port name, year), then port code, then month; months the table leaves blank are absent."""
    counts: dict[tuple[str, int], dict[str, dict[int, int]]] = {}
    for row in read_rows("bts_trucks", "bts_trucks_by_port_month_2015_2025.csv"):
        year, month = (int(part) for part in row["month"].split("-"))
        port = counts.setdefault((row["port_name"], year), {})
        months = port.setdefault(row["port_code"], {})
        if row["trucks"]:
            months[month] = int(float(row["trucks"]))
    return counts


def port_months(port: str, year: int) -> tuple[int, ...]:
    """Lorries counted at a port in each month of a year, January first.

    Parameters
    ----------
    port, year : str, int
        Name as in `sim/world/data/bts_trucks`, calendar year.

    Raises
    ------
    SettingsError
        If the port is unknown, its name stands for two ports, or the year is not complete.
    """
    counts = _counts()
    years = sorted(y for p, y in counts if p == port)
    if not years:
        names = sorted({p for p, _ in counts})
        raise SettingsError(f"world.posts: port {port} is not in bts_trucks; {did_you_mean(port, names)}")
    codes = counts.get((port, year), {})
    if len(codes) > 1:
        raise SettingsError(
            f"world.posts: port {port} is the name of {len(codes)} ports ({', '.join(sorted(codes))}); "
            "give journeys_per_day instead"
        )
    months = next(iter(codes.values()), {})
    if len(months) < 12:
        full = [y for y in years if all(len(m) == 12 for m in counts[port, y].values())]
        raise SettingsError(
            f"world.posts: port {port} has {len(months)} months of counts in {year} and a year needs 12; "
            f"complete years are {', '.join(map(str, full)) or 'none'}"
        )
    return tuple(months[m] for m in range(1, 13))


def weekday_shape(weights: Sequence[float]) -> tuple[float, ...]:
    """Weekday weights (Monday first) scaled so that Monday to Friday average 1.

    Where nothing comes Monday to Friday, the largest weight becomes 1.
    """
    unit = sum(weights[:5]) / 5 or max(weights)
    return tuple(w / unit for w in weights)


def month_means(months: Sequence[int], year: int, weights: Sequence[float], hours: Hours) -> tuple[float, ...]:
    """Mean journeys of a day of weight 1, per month.

    Parameters
    ----------
    months : sequence of int, 12
        Journeys counted in each month.
    year : int
        Their calendar year: its real days are weighed.
    weights, hours : sequences, 7
        Weekday weights (Monday first) and opening hours; a closed day weighs nothing.

    Returns
    -------
    tuple of float, 12
        0 where nothing was counted.

    Raises
    ------
    SettingsError
        If journeys were counted but no day of the month is open.
    """
    means = []
    for month, count in enumerate(months, start=1):
        days = range(1, monthrange(year, month)[1] + 1)
        weekdays = [date(year, month, day).weekday() for day in days]
        total = sum(weights[w] for w in weekdays if hours[w] is not None)
        if count and total <= 0:
            raise SettingsError(
                f"world.posts: {count} journeys in month {month} but no open day has a weekday weight above 0; "
                "open the post on a weekday that has traffic"
            )
        means.append(count / total if count else 0.0)
    return tuple(means)


def daily_mean(per_day: float, weights: Sequence[float], hours: Hours) -> float:
    """Mean journeys of a day of weight 1 at a post that sees `per_day` journeys per calendar day."""
    week = sum(w for w, open_ in zip(weights, hours, strict=True) if open_ is not None)
    if per_day and week <= 0:
        raise SettingsError(
            f"world.posts: journeys_per_day is {per_day:g} but no open day has a weekday weight above 0; "
            "open the post on a weekday that has traffic"
        )
    return 7 * per_day / week if per_day else 0.0


def daily_cv(per_day: float, demand: DemandParameters) -> float:
    """Coefficient of variation of a day's Gamma factor, by volume class (journeys per calendar day)."""
    if per_day > 1000:
        return demand.cv_above_1000
    return demand.cv_300_to_1000 if per_day >= 300 else demand.cv_below_300
