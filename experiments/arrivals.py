"""Arrivals from a log, such as one of a Time Release Study: a post's volume, week, day and regimes as the log has them.

The log is read once, when settings are composed, and stands in them as rows with unit, range and source like any other
number. So the lorries of a run are drawn by key from the log's means and shapes; they are not its lorries again.
"""

import csv
import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.faults import did_you_mean, fault, no_such_file
from sim.settings.errors import SettingsError
from sim.settings.world import REGIMES, WEEKDAYS

MOST_ROWS = 1_000_000
FEWEST_DAYS = 7
MOMENTS = ("arrived", "lodged", "released")
COLUMNS = (*MOMENTS, "post", "regime")
YEARS = range(1900, 2200)
LONGEST_D = 60
"""Days beyond which a stay at a post, or papers lodged before or after the arrival, are taken for a mistyped date."""
LATE_PAPERS_D = 45
"""The same of papers lodged after release; some are lodged for a whole month at once, days after its end."""
BELIEVED = (
    ("released", "arrived", LONGEST_D),
    ("lodged", "arrived", LONGEST_D),
    ("arrived", "lodged", LONGEST_D),
    ("lodged", "released", LATE_PAPERS_D),
)
"""By how many days a moment may follow another."""
NEAR = 0.85
"""Likeness (difflib) from which on an unknown post is taken for a known one misspelt."""
MOST_KEPT = 2
"""Logs kept in memory once read, some 40 MB each at most: that of a run serves all its posts."""
SAID_TWICE = ("journeys_per_day", "port", "year", "weekday_weights", "hour_weights")
Row = dict[str, Any]


@dataclass(frozen=True)
class Log:
    """A log that was read and checked.

    Attributes
    ----------
    rows : moments as such, post and regime as categories, and `digest`, the same for rows that say the same
    digest : of the file
    """

    rows: pd.DataFrame
    digest: str


_kept: dict[tuple[str, int, int], Log] = {}


def read_logs(raw: dict[str, Any]) -> None:
    """Put in place, for every post with `arrivals_csv`, what its log says.

    Parameters
    ----------
    raw : dict
        Settings of a run as plain dicts; changed in place.

    Raises
    ------
    SettingsError
        If a log cannot be read, is too long or too short, lacks a column, or holds an impossible row.
    """
    world = raw.get("world")
    posts = world.get("posts") if isinstance(world, dict) else None
    if not isinstance(posts, dict):
        return
    for name, post in posts.items():
        if isinstance(post, dict) and post.get("arrivals_csv") is not None:
            posts[name] = _from_log(f"world.posts.{name}", name, post, set(map(str, posts)))


def _from_log(where: str, name: str, post: dict[str, Any], known: Collection[str]) -> dict[str, Any]:
    path = str(post["arrivals_csv"])
    for key in SAID_TWICE:
        if post.get(key) is not None:
            rule = "is given, and arrivals_csv says it as well"
            raise SettingsError(fault(f"{where}.{key}", post[key], rule, "remove one of the two"))
    whole = _log_at(f"{where}.arrivals_csv", path)
    log = whole.rows[_rows_at(f"{where}.arrivals_csv", path, name, whole.rows["post"], known)]
    arrived = log["arrived"]
    days = int((arrived.max().normalize() - arrived.min().normalize()).days) + 1
    if days < FEWEST_DAYS:
        rule = f"{path} holds {days} days of {name}, and a week has {FEWEST_DAYS} weekdays"
        raise SettingsError(f"{where}.arrivals_csv: {rule}; give a log of {FEWEST_DAYS} days or more")
    _refuse_gap(f"{where}.arrivals_csv", path, log, days)
    source = _source(path, whole.digest, log, days)
    out = post | {"journeys_per_day": _rate(len(log), days, "lorries a day", source)}
    out["weekday_weights"] = _weekdays(arrived, source)
    hours = np.bincount(arrived.dt.hour, minlength=24)
    out["hour_weights"] = {f"h{h:02d}": _rate(int(n), days, "lorries in the hour", source) for h, n in enumerate(hours)}
    if "regime" in log:
        out |= _regimes(log["regime"], source)
    return out


def _log_at(where: str, path: str) -> Log:
    """The log of a file, read again only where the file has changed."""
    try:
        state = os.stat(path)
    except OSError:
        return _read(where, path)  # which says what is wrong
    key = (os.path.abspath(path), state.st_mtime_ns, state.st_size)
    if key not in _kept:
        read = _read(where, path)
        while len(_kept) >= MOST_KEPT:
            del _kept[next(iter(_kept))]
        _kept[key] = read
    return _kept[key]


def _read(where: str, path: str) -> Log:
    """A log with its moments as such; every row is looked at, so that none is dropped unseen."""
    try:
        with open(path, "rb") as file:  # pandas by itself would fetch addresses and unpack archives
            log = pd.read_csv(file, dtype=str, keep_default_na=False, nrows=MOST_ROWS + 1, skipinitialspace=True)
    except FileNotFoundError:
        raise SettingsError(no_such_file(where, path)) from None
    except pd.errors.EmptyDataError:
        raise SettingsError(fault(where, path, "the file is empty", "give a log with a heading and rows")) from None
    except UnicodeDecodeError:
        raise SettingsError(fault(where, path, "is no text in UTF-8", "save it as CSV in UTF-8")) from None
    except (OSError, ValueError) as error:
        if isinstance(error, pd.errors.ParserError):
            _refuse_shape(where, path)
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise SettingsError(fault(where, path, f"cannot be read as CSV ({reason})", "correct the file")) from error
    if len(log) > MOST_ROWS:
        cure = f"keep one season of it, in {MOST_ROWS:,} rows or fewer"
        raise SettingsError(fault(where, path, f"has more than {MOST_ROWS:,} rows", cure))
    _check_heading(where, path, log)
    if not len(log):
        raise SettingsError(fault(where, path, "the file has a heading and no rows", "add the lorries that arrived"))
    return Log(_checked(where, path, log), hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12])


def _rows(path: str) -> Iterator[tuple[int, list[str]]]:
    """Line and fields of the heading and of every row; lines that hold nothing are passed over, as pandas does."""
    with open(path, encoding="utf-8-sig", newline="") as file, suppress(csv.Error):
        lines = csv.reader(file, skipinitialspace=True)
        yield from ((lines.line_num, line) for line in lines if len(line) > 1 or "".join(line).strip())


def _line(path: str, row: int) -> int:
    """Line of the file on which a row of its log stands; walked to only where there is a fault to tell."""
    return next((line for line, _ in islice(_rows(path), row + 1, None)), row + 2)


def _refuse_shape(where: str, path: str) -> None:
    """Refuse a file whose fields are in no columns of its heading: one of another separator, or with too long a row."""
    rows = _rows(path)
    _, head = next(rows, (1, list[str]()))
    for mark, called in ((";", ";"), ("\t", "tabs")):
        if len(head) == 1 and mark in head[0]:
            raise SettingsError(fault(where, path, f"is separated by {called} not ,", "save it with commas"))
    for line, fields in rows:
        if len(fields) > len(head):
            rule = f"has {len(fields)} fields, and the heading names {len(head)}"
            cure = "name every column, or remove the comma too many"
            raise SettingsError(f"{where}: line {line} of {path}: {rule}; {cure}")


def _check_heading(where: str, path: str, log: pd.DataFrame) -> None:
    """Columns that must be there are, once each, and none that may be there stands under another spelling."""
    if not isinstance(log.index, pd.RangeIndex) or len(log.columns) == 1:  # an index: a column without a name
        _refuse_shape(where, path)
    for column in ("arrived", "post"):
        if column not in log:
            cure = f"name it in the heading, which has {', '.join(log.columns)}"
            raise SettingsError(fault(where, path, f"the column {column} is missing", cure))
    for column in log.columns:
        name = column.removesuffix(".1")
        if name != column and name in COLUMNS:
            raise SettingsError(fault(where, path, f"the column {name} stands twice", "keep one"))
        near = get_close_matches(column.strip().lower(), [c for c in COLUMNS if c not in log], n=1, cutoff=0.8)
        if near:
            rule = f"the column {column} is none that is read"
            raise SettingsError(fault(where, path, rule, f"did you mean {near[0]}? If not, rename or remove it"))


def _checked(where: str, path: str, log: pd.DataFrame) -> pd.DataFrame:
    """The columns that are read, each as small as it can be, and which rows say the same."""
    moments = {name: _moments(where, path, log, name) for name in MOMENTS if name in log}
    if "released" in moments:
        early = np.flatnonzero(moments["released"] < moments["arrived"])
        if len(early):
            k = int(early[0])
            rule = (
                f"line {_line(path, k)} of {path}: released {log['released'][k]} before it arrived, {log['arrived'][k]}"
            )
            raise SettingsError(f"{where}: {rule} ({len(early)} such rows); correct or remove them")
    _refuse_unbelievable(where, path, log, moments)
    if "regime" in log:
        unknown = np.flatnonzero(~log["regime"].isin(REGIMES))
        if len(unknown):
            value, line = log["regime"][unknown[0]], _line(path, int(unknown[0]))
            raise SettingsError(
                fault(f"{where}: line {line} of {path}: regime", value, "is none", did_you_mean(value, REGIMES))
            )
    rows = log.assign(**moments)
    digest = pd.util.hash_pandas_object(rows, index=False)
    kept = {name: rows[name].fillna("").astype("category") for name in ("post", "regime") if name in rows}
    return pd.DataFrame({**moments, **kept, "digest": digest})


def _refuse_unbelievable(
    where: str, path: str, log: pd.DataFrame, moments: Mapping[str, "pd.Series[pd.Timestamp]"]
) -> None:
    """Refuse rows with moments so far apart that one of them must be mistyped."""
    for later, earlier, most in BELIEVED:
        if later not in moments or earlier not in moments:
            continue
        apart = (moments[later] - moments[earlier]).dt.total_seconds() / 86_400.0
        wrong = np.flatnonzero(apart > most)
        if len(wrong):
            k = int(wrong[0])
            rule = f"lies {apart[k]:.0f} days after {earlier} {log[earlier][k]} and at most {most} are believed"
            at = f"{where}: line {_line(path, k)} of {path}: {later}"
            cure = "correct or remove them"
            raise SettingsError(fault(at, log[later][k], f"{rule} ({len(wrong)} such rows)", cure))


def _rows_at(where: str, path: str, post: str, posts: "pd.Series[str]", known: Collection[str]) -> "pd.Series[bool]":
    """Which rows are a post's; none is passed over because its post is empty or spelled a little differently."""
    mine = posts == post
    names = [str(name) for name in posts.cat.categories]
    if not mine.any():
        raise SettingsError(
            fault(where, path, f"holds no row of the post {post}", did_you_mean(post, filter(None, names)))
        )
    empty, alike = [n for n in names if not n.split()], [n for n in names if n != post and _plain(n) == _plain(post)]
    misspelt = [n for n in names if n not in known and n not in alike and _near(n, post)]
    unsure = np.flatnonzero(posts.isin([*empty, *alike, *misspelt]))
    if len(unsure):
        k = int(unsure[0])
        value = f"'{posts[k]}'" if posts[k].split() else ""
        cure = f"write it as {post}"
        if posts[k] in misspelt:
            cure = f"did you mean {post}? If it is another post, remove its rows"
        at = f"{where}: line {_line(path, k)} of {path}: post"
        raise SettingsError(fault(at, value, f"is no post ({len(unsure)} such rows)", cure))
    return mine


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _near(name: str, post: str) -> bool:
    """Whether a name is likely a post's misspelt: nearly the same letters, and the same numbers and marks (Gate A)."""
    marks = [[w for w in _plain(n).split() if len(w) < 3 or not w.isalpha()] for n in (name, post)]
    return marks[0] == marks[1] and bool(get_close_matches(_plain(name), [_plain(post)], n=1, cutoff=NEAR))


def _moments(where: str, path: str, log: pd.DataFrame, column: str) -> "pd.Series[pd.Timestamp]":
    """A column as moments of the local clock; only `lodged` and `released` may be empty."""
    text = log[column].str.strip()
    try:
        moments = pd.to_datetime(text, format="ISO8601", errors="coerce")
    except ValueError:
        rule = f"{path}: column {column} mixes clocks (some moments name an offset from UTC, others another or none)"
        raise SettingsError(f"{where}: {rule}; write all of them in local time") from None
    if moments.dt.tz is not None:
        moments = moments.dt.tz_localize(None)
    timed = text.str.contains(r"[T ]\d\d") & moments.dt.year.isin(YEARS)
    wrong = np.flatnonzero(~timed & ((text != "") | (column == "arrived")))
    if len(wrong):
        k = int(wrong[0])
        rule = f"is no date and time from {YEARS[0]} to {YEARS[-1]} ({len(wrong)} such rows)"
        at = f"{where}: line {_line(path, k)} of {path}: {column}"
        raise SettingsError(fault(at, text[k], rule, "write it as 2024-02-28 13:45"))
    return moments


def _refuse_gap(where: str, path: str, log: pd.DataFrame, days: int) -> None:
    """Refuse a log most of whose days are one stretch without arrivals: a wrong year would spread them thin."""
    arrived = log["arrived"].sort_values()
    gaps = arrived.diff().dt.total_seconds() / 86_400.0
    longest = float(gaps.max())
    if longest > max(days / 2, FEWEST_DAYS):
        row = int(gaps.idxmax())
        rule = f"nobody arrived for {longest:.0f} of {days} days, until line {_line(path, row)} of {path}"
        raise SettingsError(
            fault(where, arrived[row], rule, "correct its year, or keep the days on one side of the gap")
        )


def _source(path: str, digest: str, log: pd.DataFrame, days: int) -> str:
    first, last = log["arrived"].min(), log["arrived"].max()
    words = (
        f"{Path(path).name} (sha256 {digest}): {len(log)} arrivals in {days} days, {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    )
    if "released" in log and log["released"].notna().any():
        hours = (log["released"] - log["arrived"]).dropna().dt.total_seconds() / 3600.0
        words += f"; mean arrival to release {hours.mean():.1f} h, median {hours.median():.1f} h"
    if again := int(log["digest"].duplicated().sum()):
        words += f"; {again} rows say what another says, and count"
    return words + "; range two standard errors of the count"


def _rate(count: int, days: int, unit: str, source: str) -> Row:
    """A count as a mean per day, with two standard errors either way."""
    spread = 2.0 * sqrt(count)
    low, high = max(0.0, count - spread) / days, (count + spread) / days
    return {"centre": count / days, "low": low, "high": high, "unit": unit, "source": source}


def _weekdays(arrived: "pd.Series[pd.Timestamp]", source: str) -> dict[str, Row]:
    """Mean arrivals of each weekday; a weekday's days are all dates between the first and the last."""
    dates = pd.date_range(arrived.min().normalize(), arrived.max().normalize())
    days = np.bincount(dates.day_of_week, minlength=7)
    counts = np.bincount(arrived.dt.day_of_week, minlength=7)
    unit = "lorries on such a day"
    return {name: _rate(int(n), int(d), unit, source) for name, n, d in zip(WEEKDAYS, counts, days, strict=True)}


def _regimes(regime: "pd.Series[str]", source: str) -> Mapping[str, Any]:
    """Share of the empty, and of each regime among the loaded."""
    empty, loaded = regime == "empty", regime[regime != "empty"]
    out: dict[str, Any] = {"empty_share": _share(int(empty.sum()), len(regime), "share of lorries", source)}
    names = REGIMES[1:-1]
    room = float((loaded == "home_use").mean()) / len(names) if len(loaded) else 0.0
    out["regime_shares"] = {
        name: _share(int((loaded == name).sum()), len(loaded), "share of loaded lorries", source, room)
        for name in names
    }
    return out


def _share(count: int, of: int, unit: str, source: str, room: float = 1.0) -> Row:
    """A share with two standard errors either way; `room` keeps the highs of parts of one whole within it."""
    share = count / of if of else 0.0
    spread = 2.0 * sqrt(share * (1.0 - share) / max(of, 1))
    low, high = max(0.0, share - spread), min(1.0, share + min(spread, room))
    return {"centre": share, "low": low, "high": high, "unit": unit, "source": source}
