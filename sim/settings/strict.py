"""The base of every settings model, and numbers that carry their unit, range and source."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator


class Strict(BaseModel):
    """Frozen settings: unknown keys, infinities and NaN are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Quantity(Strict):
    """One default with everything a reader needs to judge it.

    Attributes
    ----------
    centre, low, high : float
        Value used at central settings and the range it may be drawn from; `low <= centre <= high`.
    unit : str
        Unit in words ("min", "share", "per year").
    source : str
        Where the number comes from; starts with "assumption" where there is no source.
    """

    centre: float
    low: float
    high: float
    unit: str
    source: str

    @model_validator(mode="after")
    def _range_holds_centre(self) -> "Quantity":
        if not self.low <= self.centre <= self.high:
            raise ValueError(
                f"centre {self.centre:g} lies outside its range [{self.low:g}, {self.high:g}]; widen the range"
            )
        return self


def _centre(value: Any) -> Any:
    """Take the centre of a quantity row; a bare number (an override) passes as it is."""
    if isinstance(value, Quantity):
        return value.centre
    if isinstance(value, dict) and "centre" in value:
        return Quantity.model_validate(value).centre
    return value


Number = Annotated[float, BeforeValidator(_centre)]
"""A float that YAML gives as a `Quantity` row and the command line may give as a bare number."""


def quantities(raw: Any, path: str = "") -> Iterator[tuple[str, Quantity]]:
    """Yield `(dotted path, Quantity)` of every quantity row in a nested mapping or list.

    Parameters
    ----------
    raw : Any
        Settings as plain dicts and lists, before validation.
    path : str
        Prefix of the paths yielded.
    """
    if isinstance(raw, Quantity):
        yield path, raw
    elif isinstance(raw, dict):
        if "centre" in raw and "unit" in raw:
            yield path, Quantity.model_validate(raw)
            return
        for key, value in raw.items():
            yield from quantities(value, f"{path}.{key}" if path else str(key))
    elif isinstance(raw, list):
        for index, value in enumerate(raw):
            yield from quantities(value, f"{path}[{index}]")
