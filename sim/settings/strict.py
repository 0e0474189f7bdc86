"""The base of every settings model, and numbers that carry their unit, range and source."""

from collections.abc import Collection, Iterable, Iterator
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

LARGEST = 1e9
"""Of any number in settings: beyond it sums and milliseconds overflow, and nothing at a border is as large."""


def no_truth(value: Any) -> Any:
    """Refuse true and false where a number belongs; Python would read them as 1 and 0."""
    if isinstance(value, bool):
        raise ValueError(f"{value}: must be a number; YAML reads yes, no, on and off as true or false")
    return value


def _possible(value: float) -> float:
    if value < 0:
        raise ValueError(f"{value:g}: must not be negative; give 0 or more")
    if value > LARGEST:
        raise ValueError(f"{value:g}: must be {LARGEST:,.0f} or less; look at its unit")
    return value


def _at_most_one(value: float) -> float:
    if value > 1:
        raise ValueError(f"{value:g}: is a share or a probability and must be 1 or less; give 0 to 1")
    return value


class Strict(BaseModel):
    """Frozen settings: unknown keys, infinities and NaN are refused. Whole numbers are `Whole`, others `Number`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Whole = Annotated[int, BeforeValidator(no_truth)]
"""A whole number; true and false are none."""
Bound = Annotated[float, BeforeValidator(no_truth), AfterValidator(_possible)]
"""A bare float from 0 to `LARGEST`, such as an end of a range."""


class Quantity(Strict):
    """One default with everything a reader needs to judge it.

    Attributes
    ----------
    centre, low, high : float
        Value used at central settings and the range it may be drawn from; `0 <= low <= centre <= high`, and `high` is
        1 or less where the unit begins with "share" or "probability".
    unit : str
        Unit in words ("min", "share", "per year").
    source : str
        Where the number comes from; starts with "assumption" where there is no source.
    """

    centre: Bound
    low: Bound
    high: Bound
    unit: str
    source: str

    @model_validator(mode="after")
    def _range_holds_centre(self) -> "Quantity":
        if not self.low <= self.centre <= self.high:
            raise ValueError(
                f"centre {self.centre:g} lies outside its range [{self.low:g}, {self.high:g}]; widen the range"
            )
        if self.unit.startswith(("share", "probability")):
            _at_most_one(self.high)
        return self


def _centre(value: Any) -> Any:
    """Take the centre of a quantity row; a bare number (an override) passes as it is."""
    if isinstance(value, Quantity):
        return value.centre
    if isinstance(value, dict) and "centre" in value:
        return Quantity.model_validate(value).centre
    return no_truth(value)


Number = Annotated[float, BeforeValidator(_centre), AfterValidator(_possible)]
"""A float from 0 to `LARGEST` that YAML gives as a `Quantity` row and the command line may give as a bare number."""
Share = Annotated[Number, AfterValidator(_at_most_one)]
"""A `Number` of 1 or less: a share or a probability."""
Positive = Annotated[Number, Field(gt=0)]
"""A `Number` above 0: something is divided by it, or it is a duration."""
Sigma = Annotated[Number, Field(le=5)]
"""A `Number` that is a log standard deviation; at 5 one value in six lies beyond 148 times the median."""
Traffic = Annotated[Number, Field(le=100_000)]
"""A `Number` of journeys a day; the busiest ports of the world see some 10,000."""
Name = Annotated[str, StringConstraints(pattern=r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]{0,98}[^\s\x00-\x1f\x7f])?$")]
"""What people call a post, a pool, a country: 1 to 100 characters in one line, no blank at either end."""


def parts_of_one(settings: BaseModel, *names: str) -> None:
    """Refuse shares of one whole that exceed it; what is left over is a part too."""
    total = sum(getattr(settings, name) for name in names)
    if total > 1 + 1e-9:
        raise ValueError(f"{' + '.join(names)}: {total:g}: parts of one whole must sum to 1 or less; lower one of them")


Named = tuple[tuple[str | int, ...], str, Collection[str]]
"""A name that stands for something else: its place within the settings that hold both, itself, and what there is."""


def names_exist(names: Iterable[Named]) -> None:
    """Refuse names that stand for nothing, each at its own place."""
    faults = [
        InitErrorDetails(
            type=PydanticCustomError("unknown_name", "is not among {names}", {"names": ", ".join(known)}),
            loc=where,
            input=name,
        )
        for where, name, known in names
        if name not in known
    ]
    if faults:
        raise ValidationError.from_exception_data("names", faults)


def in_order(settings: BaseModel, low: str, high: str) -> None:
    """Refuse a lower bound above its upper bound."""
    least, most = getattr(settings, low), getattr(settings, high)
    if least > most:
        raise ValueError(f"{low}: {least:g}: must not exceed {high} ({most:g}); lower it or raise that")


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
