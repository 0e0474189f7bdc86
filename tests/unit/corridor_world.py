"""A chain of three fictional posts, and two quiet ones of the Northern Corridor, run by hand with every leg kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.compose import compose
from sim.closing import Closed
from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand, PotentialDay
from sim.model import BorderModel
from sim.posts.process import ENTRY, EXIT
from sim.settings.run import Length, RunSettings
from sim.settings.world import WEEKDAYS, BorderWorld
from sim.world.build import build_world
from sim.world.world import World

Ints = NDArray[np.int64]
Settings = dict[str, Any]
ALWAYS_OPEN = dict.fromkeys(WEEKDAYS, "00:00-24:00")
DRIVE = {"law": "lognormal", "mean_min": 600.0, "sigma": 0.3}
LONG_WAY = {
    "posts": ["Stonebridge", "Farbridge", "Highgate"],
    "regimes": ["transit", "empty"],
    "share": 0.6,
    "share_of": "Highgate",
    "drives": [DRIVE, DRIVE],
}
SHORT_WAY = {"posts": ["Farbridge", "Highgate"], "regimes": ["transit"], "share": 0.2, "drives": [DRIVE]}


@cache
def _composed(*words: str) -> RunSettings:
    return compose("run", [*words, "scenario=baseline"]).settings


def chain(**changes: Any) -> Settings:
    """Aldoria, Berevia, Carolia and Dorland, a post from each to the next, and the way along all of them."""
    world = _composed("world=two_countries").world.model_dump()
    posts = dict.fromkeys(("Stonebridge", "Farbridge", "Highgate"), world["posts"]["Stonebridge"])
    countries = ("ALD", "BER", "CAR", "DOR")
    world["posts"] = {
        name: post | {"km": {}, "exit_country": countries[k], "entry_country": countries[k + 1]}
        for k, (name, post) in enumerate(posts.items())
    }
    world["posts"]["Highgate"]["journeys_per_day"] = 30.0
    world["countries"] = {key: world["countries"]["BER"] | {"title": key} for key in countries}
    world["pairs"] = [
        world["pairs"][0] | {"origin": a, "destination": b} for a in countries for b in countries if a != b
    ]
    world |= {"regime_shares": {"transit": 0.5}, "same_process": {"transit": "home_use"}}
    return world | {"corridors": {"The long way": LONG_WAY, "A short way": SHORT_WAY}} | changes


def settings_of(world: Settings, days: int = 8, engine: str = "oracle", **sections: Mapping[str, float]) -> RunSettings:
    """A run of some days there, with other behavioural parameters by section."""
    settings = _composed("world=two_countries")
    p = settings.assumptions
    changed = {name: getattr(p, name).model_copy(update=dict(values)) for name, values in sections.items()}
    return settings.model_copy(
        update={
            "world": BorderWorld.model_validate(world),
            "engine": engine,
            "length": Length(burn_in_days=1, window_days=days - 1, cool_down_days=0),
            "assumptions": p.model_copy(update=changed),
        }
    )


def world_of(settings: RunSettings) -> World:
    """The world of some settings."""
    return build_world(settings.world_name, settings.world, settings.assumptions)


@dataclass
class Lived:
    """What a run leaves.

    Attributes
    ----------
    moments : by leg id, when its lorry arrived and was released, and its outcome
    potentials : the planned journeys of each day
    """

    model: BorderModel
    potentials: list[PotentialDay] = field(default_factory=list)
    moments: dict[int, tuple[int, int, int]] = field(default_factory=dict)

    def leg(self, journey: int, side: int) -> tuple[int, int, int]:
        """Arrival, release and outcome of a finished leg, which must be there."""
        return self.moments[(journey << 1) + side]

    def keep(self, closed: Closed) -> None:
        """Note finished legs."""
        columns = (closed.rows[name].tolist() for name in ("arrived_ms", "released_ms", "outcome"))
        self.moments |= dict(zip(closed.rows.id.tolist(), zip(*columns, strict=True), strict=True))

    def drives(self) -> list[tuple[int, int, int]]:
        """Journeys before and after each drive, and the way from release at the one to arrival at the other, ms."""
        found = []
        for potential in self.potentials:
            assert potential.through is not None
            for drive in potential.through.drives:
                way_ms = potential.pickup_ms[drive.before] + drive.drive_ms
                before, after = potential.journey[drive.before], potential.journey[drive.after]
                found += list(zip(before.tolist(), after.tolist(), way_ms.tolist(), strict=True))
        return found

    def first_side(self) -> int:
        """Side on which a lorry comes to a post."""
        return ENTRY if self.model.world.exit_process is None else EXIT


def live(settings: RunSettings) -> Lived:
    """Run the only scenario day by day."""
    world, numbers = world_of(settings), Numbers(settings.seed, 0)
    demand = Demand(world, numbers, settings.tick_ms)
    lived = Lived(BorderModel(world, settings, settings.scenarios["baseline"], demand.traders, numbers))
    take = lived.model.closing.take

    def keep(closed: Closed) -> None:
        lived.keep(closed)
        take(closed)

    lived.model.closing.take = keep  # type: ignore[method-assign]
    for day in range(settings.length.total_days):
        lived.potentials.append(demand.day(day))
        lived.model.advance(lived.potentials[-1])
    lived.model.closing.settle(settings.length.total_days, ())
    lived.model.release_memory()
    return lived


def metered(booths: int) -> RunSettings:
    """Malaba, to which all come in the same hours, and then Katuna; transit alone, one booth at Katuna."""
    world = _composed("world=northern_corridor").world.model_dump()
    plenty = {
        name: pool | {"base": 40, "load": None, "reserve": 0, "shifts": (), "hours": None, "breaks": False}
        for name, pool in world["pools"].items()
    }
    rush = {f"h{hour:02d}": 1.0 if 6 <= hour < 9 else 0.0 for hour in range(24)}
    all_transit = {"regime_shares": {"transit": 1.0}, "empty_share": 0.0, "km": {}, "journeys_per_day": 200.0}
    posts = {
        "Malaba to Uganda": {"pools": {"primary": plenty["primary"] | {"base": booths}}, "hour_weights": rush},
        "Katuna to Rwanda": {"pools": {"primary": plenty["primary"] | {"base": 2}}},
    }
    world["pools"] = plenty
    world["posts"] = {name: world["posts"][name] | all_transit | own for name, own in posts.items()}
    world["shares"] |= {"escort": {"convoy": 0.0}, "payment": {"deferred": 0.0}}
    for row in world["in_force"]:
        row["effectiveness"] = 1.0
    world["corridors"] = {
        "Mombasa to Kigali": {
            "posts": list(posts),
            "regimes": ["transit"],
            "share": 0.9,
            "drives": [{"law": "fixed", "mean_min": 720.0}],
        }
    }
    return settings_of(world | {"scan_share": 0.0, "agency_share": 0.0, "broker_hours": ()}, days=10)
