"""Which assumptions an effect may follow: not those that nothing reads, nor prices where it is no amount of money."""

import re
from collections.abc import Iterable, Iterator

from experiments.design import Design
from sim.measures.registry import MEASURES
from sim.settings.run import RunSettings, Scenario
from sim.settings.world import BorderWorld

BESIDE = {
    "data_sharing": ("portal", "agreement"),
    "liaison_officers": ("liaison", "memorandum"),
    "integrated_databases": ("integrated", "agreement"),
    "joint_audits": ("joint_audit",),
}
"""Beginnings of names of assumptions that a measure reads besides those that begin with its own or its price's."""
BEGINNINGS = {name: {name, measure.priced_as or name, *BESIDE.get(name, ())} for name, measure in MEASURES.items()}


PRICES = re.compile(
    r"assumptions\.("
    r"measures\.\w+_(setup_usd|running_usd_per_year|donor_share|course_usd|hiring_usd|contract_usd_per_year)"
    r"|\w+\.(course_usd|donor_share)"
    r"|costs\.((officer|clerk)_usd_per_h_\w+|delay_value_share_per_day)"
    r"|revenue\.duty_(high|low)_tier|smugglers\.gain_\w+_usd|demand\.value_(median_usd|sigma)"
    r"|bribery\.(favour|find)_usd)"
)
"""What nobody in the model decides by: only amounts of money follow it (`tests/policy/test_prices.py` shows it)."""


def in_money(indicator: str, unit: str) -> bool:
    """Whether an indicator is an amount of money or a share of one, or counts what is worth some amount."""
    return any(word in unit for word in ("USD", "value", "duty")) or indicator.startswith("material")


def owners(path: str) -> frozenset[str]:
    """Measures that alone read an assumption; empty where the model reads it in any case.

    Parameters
    ----------
    path : str
        As `assumptions.measures.training_share`, or `assumptions.seminar.share` of a course with rows of its own.
    """
    group, _, row = path.removeprefix("assumptions.").partition(".")
    name = row if group == "measures" else group
    beginnings = {b for several in BEGINNINGS.values() for b in several if f"{name}_".startswith(f"{b}_")}
    longest = max(beginnings, key=len, default="")
    return frozenset(measure for measure, own in BEGINNINGS.items() if longest in own)


def asleep(settings: RunSettings) -> Iterator[str]:
    """Beginnings of paths of what is read only where officers take bribes, posts have an exit side, engines learn."""
    if isinstance(settings.world, BorderWorld) and not settings.world.corruption:
        yield from ("assumptions.bribery.", "assumptions.traders.per_usd")
    if isinstance(settings.world, BorderWorld) and settings.world.exit_process is None:
        yield "world.exit_red_share"
    if settings.targeting.engine != "learned":
        learning = ("weight_cap", "learning_rate", "prior_offence_share", "label_delay_")
        yield from (f"assumptions.targeting.{row}" for row in learning)


def read_by(design: Design, settings: RunSettings, scenarios: Iterable[Scenario], money: bool = True) -> Design:
    """A design without what is `asleep` in a world, or is read only by measures outside these scenarios.

    Draws of the others stay as they are. `money` = False leaves out prices too.
    """
    present = {m.measure for scenario in scenarios for m in scenario.measures if m.intensity > 0}
    idle = tuple(asleep(settings))
    awake = [not path.startswith(idle) and (not owners(path) or bool(owners(path) & present)) for path in design.paths]
    kept = [k for k, path in enumerate(design.paths) if awake[k] and (money or not PRICES.fullmatch(path))]
    points = tuple(tuple(point[k] for k in kept) for point in design.points)
    return Design(design.kind, tuple(design.factors[k] for k in kept), points)
