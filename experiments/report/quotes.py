"""Numbers of tables as a page quotes them: with two figures, and with where they stand."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from experiments.report.words import UNDEFINED, two_figures

Row = Mapping[Any, Any]
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Book:
    """A table whose cells are quoted with where they stand.

    Attributes
    ----------
    name : of the table, as of its file
    rows : by (scenario, indicator, period, group): line of the CSV file, and the row
    """

    name: str
    rows: Mapping[tuple[str, ...], tuple[int, Row]]

    @classmethod
    def of(cls, name: str, frame: pd.DataFrame) -> "Book":
        """Read a table as it was written; its index numbers the rows from 0, the file has a line of heads."""
        found: dict[tuple[str, ...], tuple[int, Row]] = {}
        for index, row in zip(frame.index, frame.to_dict("records"), strict=True):
            key = tuple(str(row[column]) for column in ("scenario", "indicator", "period", "group"))
            found.setdefault(key, (int(index) + 2, row))
        return cls(name, found)

    def get(self, *key: str) -> Row | None:
        """The row of a scenario, indicator, period and group; None where there is none."""
        return self.rows[key][1] if key in self.rows else None

    def quote(self, key: tuple[str, ...], column: str, factor: float = 1.0) -> Markup:
        """A number of the table, without sign, times a factor, with two figures, and where it stands."""
        line, row = self.rows[key]
        return quoted(self.name, line, column, float(row[column]) * factor)

    def signed(self, key: tuple[str, ...], column: str, factor: float = 1.0) -> Markup:
        """The same with its sign before it."""
        value = float(self.rows[key][1][column])
        sign = MINUS if value < 0 else "+" if value > 0 else ""
        return Markup("{}{}").format(sign, self.quote(key, column, factor))

    def stretch(self, key: tuple[str, ...], ends: tuple[str, str], factor: float = 1.0) -> Markup:
        """What lies between two numbers of a row, each with its sign."""
        values = [float(self.rows[key][1][end]) for end in ends]
        if values == [0.0, 0.0]:
            return Markup("no difference")
        if any(math.isnan(value) for value in values):
            return Markup("no interval")
        return Markup("{} to {}").format(*(self.signed(key, end, factor) for end in ends))


def quoted(table: str, line: int, column: str, value: float) -> Markup:
    """A number with where it stands as its title."""
    if math.isnan(value):
        return Markup(UNDEFINED)
    where = f"tables/{table}.csv, line {line}, column {column}"
    return Markup('<span class="n" title="{}">{}</span>').format(where, two_figures(abs(value)))
