"""A run in parts, for machines that share nothing but the results folder."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from experiments.faults import fault
from sim.settings.errors import SettingsError

T = TypeVar("T")


@dataclass(frozen=True)
class Shard:
    """Part `number` (from 1) of `of` parts of a run: every `of`-th unit of work."""

    number: int = 1
    of: int = 1

    def part(self, units: Sequence[T]) -> Sequence[T]:
        """The units of this part."""
        return units[self.number - 1 :: self.of]

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def read_shard(value: Any) -> Shard:
    """Read `k/n`.

    Raises
    ------
    SettingsError
        If it is no such pair.
    """
    found = re.fullmatch(r"([1-9]\d{0,6})/([1-9]\d{0,6})", str(value))
    if not found or int(found[1]) > int(found[2]):
        raise SettingsError(
            fault("shard", value, "must be k/n with k from 1 to n", "write shard=1/4 for the first of 4")
        )
    return Shard(int(found[1]), int(found[2]))
