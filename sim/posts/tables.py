"""Tables: a `NamedTuple` of columns to read and write, one structured array underneath.

Plain Python reads a table column by column (`columns`); compiled code is given the structured array itself, whose
fields have the same names, so the same source runs over both. One array instead of dozens is what keeps the compiled
loop quick to compile and to call, and a row's fields together in memory.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Shorts = NDArray[np.int32]
Flags = NDArray[np.int8]
Bools = NDArray[np.bool_]
Table = NDArray[np.void]
NUMBERS: dict[Any, Any] = {Ints: np.int64, Floats: np.float64, Shorts: np.int32, Flags: np.int8}

KINDS: tuple[Any, ...] = tuple(np.dtype(NUMBERS[column]) for column in (Ints, Shorts, Flags))
"""Whole numbers of each size, of which `Numbers` are made."""
LINE = 64
"""Bytes of a line of the processor's cache."""


class Columns(Protocol):
    """A NamedTuple whose fields are annotated `Ints`, `Floats`, `Shorts` or `Flags`."""

    @property
    def _fields(self) -> tuple[str, ...]: ...


C = TypeVar("C", bound=Columns)
Widths = Mapping[str, int | tuple[int, ...]]


def row_type(kind: type[C], shapes: Widths) -> np.dtype[np.void]:
    """Type of a row: a field per column, padded to whole 8-byte words.

    Parameters
    ----------
    kind : NamedTuple class
        Its annotations say what numbers a column holds.
    shapes : mapping
        Width of each column that holds more than one number a row.
    """
    hints = get_type_hints(kind)
    fields = [(name, NUMBERS[hint], shapes.get(name, ())) for name, hint in hints.items()]
    return np.dtype(fields, align=True)


def columns(kind: type[C], table: Table) -> C:
    """The columns of a table, as views on it."""
    return kind(*(table[name] for name in kind._fields))  # type: ignore[attr-defined]


def of_lists(kind: type[C], /, **numbers: Any) -> C:
    """Columns of a table, apart from each other, from whatever holds their numbers."""
    hints = get_type_hints(kind)
    return kind(**{name: np.asarray(column, NUMBERS[hints[name]]) for name, column in numbers.items()})


def whole(table: NDArray[Any]) -> NDArray[Any]:
    """An array as one indivisible item a row: rows move in one piece, which NumPy else does number by number."""
    items = table.view(np.dtype((np.void, table.dtype.itemsize * int(np.prod(table.shape[1:])))))
    return items if table.ndim == 1 else items[:, 0]


def room_for(size: int | tuple[int, ...], kind: np.dtype[Any]) -> NDArray[Any]:
    """Zeros that begin where a line of the processor's cache does, so that a row of 64 bytes is one line."""
    shape = np.atleast_1d(size)
    space = np.zeros(int(shape.prod()) * kind.itemsize + LINE, np.uint8)
    skip = -space.ctypes.data % LINE
    return space[skip : len(space) - LINE + skip].view(kind).reshape(shape)


class Numbers(NamedTuple):
    """Numbers of 8, 4 and 1 byte: rows of a table, or columns each in one piece, or places of columns in a row."""

    longs: Ints
    shorts: Shorts
    flags: Flags


def numbers_of(table: Table) -> Numbers:
    """The rows of a table of whole 8-byte words as numbers, as views on it."""
    return Numbers(*(table.view(kind).reshape(len(table), table.itemsize // kind.itemsize) for kind in KINDS))


class Excerpt:
    """Some columns of a table, kept outside it each in one piece, numbers of one size together.

    Parameters
    ----------
    row : numpy dtype
        The table's row.
    names : iterable of str
        The columns.

    Attributes
    ----------
    at : for each number of the excerpt where it stands in a row, counted in numbers of its size
    """

    def __init__(self, row: np.dtype[np.void], names: Iterable[str]) -> None:
        at: tuple[list[int], ...] = ([], [], [])
        self._found: dict[str, tuple[int, slice | int, np.dtype[Any]]] = {}
        for name in names:
            whole, offset = row.fields[name][:2]  # type: ignore[index]
            number, shape = whole.subdtype or (whole, ())
            size = [kind.itemsize for kind in KINDS].index(number.itemsize)
            first, begin, count = len(at[size]), offset // number.itemsize, int(np.prod(shape))
            at[size].extend(range(begin, begin + count))
            self._found[name] = size, slice(first, first + count) if shape else first, number
        places: Any = (np.array(one, np.int64) for one in at)
        self.at, self._each = Numbers(*places), [len(one) for one in at]

    def room(self, count: int) -> Numbers:
        """Room for so many rows, not filled."""
        parts: Any = (np.empty((each, count), kind) for each, kind in zip(self._each, KINDS, strict=True))
        return Numbers(*parts)

    def column(self, numbers: Numbers, name: str) -> NDArray[Any]:
        """A column, as a view; one that holds several numbers a row has an entry per row and number."""
        size, where, number = self._found[name]
        return numbers[size][where].view(number).T

    def columns(self, numbers: Numbers) -> dict[str, NDArray[Any]]:
        """All columns by name."""
        return {name: self.column(numbers, name) for name in self._found}


def packed(kind: type[C], rows: C, shapes: Widths) -> Table:
    """Columns copied into one structured array."""
    values: dict[str, Any] = dict(zip(rows._fields, rows, strict=True))  # type: ignore[call-overload]
    table = np.zeros(len(next(iter(values.values()))), row_type(kind, shapes))
    for name, column in values.items():
        table[name] = column
    return table


def sorted_order(*keys: Ints) -> Ints:
    """Positions that sort by the first key, ties by the second, and so on; equal rows keep their order.

    NumPy sorts 16-bit numbers by counting, so two or three passes of 16 bits beat one comparison sort several times.
    """
    order = np.arange(len(keys[0]))
    if not len(order):
        return order
    for key in reversed(keys):
        rest = key - key.min()
        while rest.any():
            digit = (rest & 0xFFFF).astype(np.uint16)
            order = order[np.argsort(digit[order], kind="stable")]
            rest = rest >> 16
    return order
