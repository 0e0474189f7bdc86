"""The simple post every tool can express: a gate with two priority lanes, then release, document review or examination.

Open 06:00 to 22:00, so that lorries of the night wait for the morning; officers tire by the hour. All durations are
drawn beforehand and time is whole milliseconds, so every contestant should release every lorry at the same moment.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from experiments.compose import compose
from experiments.listing import built
from experiments.verify.borders import border, numbers_of, served, staff
from sim.posts.constants import Constants
from sim.posts.legs import NewLegs
from sim.posts.process import ENTRY, Plan, compile_processes
from sim.posts.tables import Floats, Ints
from sim.settings.process import Process, Stage
from sim.world.world import DAY_MS, World

HOUR_MS = 3_600_000
OPENS_MS, CLOSES_MS = 6 * HOUR_MS, 22 * HOUR_MS
RED_SHARE, YELLOW_SHARE, TRUSTED_SHARE = 0.1, 0.2, 0.2
MEAN_MIN = {"gate": 4.0, "review": 12.0, "examination": 25.0}
OFFICERS = {"gate": 5, "review": 3, "examination": 3}
"""For a thousand lorries a day; they are then busy about 90 % of the time the post is open."""
SIGMA = 0.6
TIRED_PER_H = 0.01
LAST_EXIT_DAYS = 3
HOUR_WEIGHTS = np.array([1, 1, 1, 1, 2, 4, 8, 9, 8, 7, *[6] * 8, 5, 4, 3, 2, 1, 1], np.float64)
NEVER_REACHED = 1e9
PROCESS = Process(
    title="Gate, document review, examination",
    goods_start="gate",
    stages=(
        served("gate", ["gate"], MEAN_MIN["gate"], "selectivity", paced=True),
        Stage(
            name="selectivity", token="goods", kind="choice", route="channel",
            to={"green": "released", "yellow": "review", "red": "examination"},
        ),
        served("review", ["review"], MEAN_MIN["review"], "released", paced=True),
        served(
            "examination", ["examination"], None, {"clear": "released", "found": "seized"}, work="examination",
            route="found", paced=True,
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class SimplePosts:
    """Like posts, each with its own lorries.

    Attributes
    ----------
    posts, days : how many posts, and days on which lorries arrive; then `LAST_EXIT_DAYS` without any
    per_day : mean lorries a day and post
    staffed_for : lorries a day the officers are meant for; less than `per_day` is overload
    seed : luck of the lorries
    """

    posts: int = 1
    days: int = 5
    per_day: int = 1000
    staffed_for: int = 1000
    seed: int = 1

    @property
    def all_days(self) -> int:
        """Days simulated."""
        return self.days + LAST_EXIT_DAYS

    @property
    def officers(self) -> dict[str, int]:
        """Officers of each stage at each post."""
        return {name: max(1, round(count * self.staffed_for / 1000)) for name, count in OFFICERS.items()}

    @property
    def shares(self) -> tuple[float, float]:
        """Shares of lorries that are selected red and yellow, by their number alone."""
        return RED_SHARE, YELLOW_SHARE

    @cached_property
    def world(self) -> World:
        """The posts as a world."""
        mould = built(compose("run", ["world=known_mmc"]).settings)
        return border(mould, PROCESS, [staff(name, count) for name, count in self.officers.items()], posts=self.posts)

    @cached_property
    def plan(self) -> Plan:
        """The posts as the engines walk them."""
        return compile_processes(self.world)

    @cached_property
    def constants(self) -> Constants:
        """The rules' constants."""
        return numbers_of(self.world)._replace(pace_loss_per_h=TIRED_PER_H, reroute_up=0.0, reroute_down=0.0)

    @cached_property
    def arrivals(self) -> list[NewLegs]:
        """Lorries of every day."""
        return [self.day(day) for day in range(self.days)]

    def __len__(self) -> int:
        return sum(len(legs) for legs in self.arrivals)

    def roster(self, day: int) -> tuple[Ints, Ints, Ints]:
        """Everybody comes at 06:00 and leaves at 22:00."""
        units = len(self.plan.network.unit.pool)
        at = day * DAY_MS + np.repeat(np.array([OPENS_MS, CLOSES_MS]), units)
        return at, np.tile(np.arange(units), 2), np.repeat(np.array([1, 0]), units)

    def day(self, day: int) -> NewLegs:
        """Lorries of one day, in order of arrival; those of one post arrive at different milliseconds."""
        rng = np.random.default_rng([self.seed, day])
        counts = rng.poisson(self.per_day * self.posts * HOUR_WEIGHTS / HOUR_WEIGHTS.sum())
        n = int(counts.sum())
        hours = np.repeat(np.arange(24.0), counts)
        at = np.sort(np.floor((hours + rng.random(n)) * HOUR_MS)).astype(np.int64)
        at = np.arange(n) + np.maximum.accumulate(at - np.arange(n))  # no two lorries in one millisecond
        post = rng.integers(0, self.posts, n)
        starts = np.array([self.plan.sides[2 * p + ENTRY].goods_start for p in range(self.posts)])
        legs = NewLegs.blank(n, self.plan.columns)
        legs.minutes[:, 0], legs.minutes[:, 1] = _drawn(rng, "gate", n), _drawn(rng, "review", n)
        legs["id"][:], legs["desk"][:], legs["goods_node"][:] = (
            (day << 21) + np.arange(n),
            2 * post + ENTRY,
            starts[post],
        )
        legs["goods_at"][:], legs["lane"][:] = day * DAY_MS + at, rng.random(n) >= TRUSTED_SHARE
        legs["standing"][:] = legs["lane"]
        legs["u_control"][:], legs["exam_min"][:] = rng.random(n), _drawn(rng, "examination", n)
        legs["concealment"][:], legs["exam_threshold"][:] = 1.0, NEVER_REACHED
        return legs


def _drawn(rng: np.random.Generator, stage: str, count: int) -> Floats:
    return np.asarray(MEAN_MIN[stage] * rng.lognormal(-(SIGMA**2) / 2, SIGMA, count))
