"""Smuggling organisations: where and under which cover they try, or whether they abstain."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sim.consignments.numbers import Numbers
from sim.consignments.potential import PotentialDay, Traders, poisson_quantile
from sim.settings.world import REGIMES
from sim.world.world import World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
DRUGS, COUNTERFEIT, OTHER = 1, 2, 3
KIND_NAMES = {DRUGS: "drugs", COUNTERFEIT: "counterfeit", OTHER: "other"}
COVERS = ("ordinary", "aeo")
SPLIT, HISTORY, DIVERSION, OFFICER = "split", "history", "diversion", "officer"
TRANSIT = REGIMES.index("transit")
PART_BITS = 16
"""An opportunity of an organisation and day is numbered below this many bits, the part of its load above."""
WEEK_D = 7


@dataclass(frozen=True)
class Attempts:
    """Attempts of a day that ride in journeys (positions in the day's batch), and what happened off the posts.

    `ordinal` numbers the opportunities of an organisation within the day, whether or not they were taken; of a split
    load the number of the part is added above `PART_BITS`.
    """

    position: Ints
    organisation: Ints
    arm: Ints
    ordinal: Ints
    unofficial: list[tuple[int, bool]]
    deterred: int
    without_journey: float


class SmugglingOrganisation(mesa.Agent):
    """One organisation; its beliefs and attractions are its own, its results come as news."""

    def __init__(self, model: Any, underworld: "Underworld", number: int) -> None:
        super().__init__(model)
        self.underworld = underworld
        self.number = number
        self.name = f"organisation-{number:02d}"
        self.kind = underworld.kinds[number]
        p = underworld.world.parameters.smugglers
        self.gain_usd = {DRUGS: p.gain_drugs_usd, COUNTERFEIT: p.gain_counterfeit_usd, OTHER: p.gain_other_usd}[
            self.kind
        ]
        self.caught = np.full(len(underworld.arms), p.belief_caught)
        self.passed = np.full(len(underworld.arms), p.belief_passed)
        self.attraction = self.expected()
        self.experience = 1.0
        self.luck = tuple((self.name, 1, arm) for arm in underworld.arms)
        self.week_payoff: list[float] = []
        self.removed_until = -1
        self.seizures = (-1, 0)  # day of the last one, and how many before it that day
        self.arm = -1

    def expected(self) -> Floats:
        """Believed payoff of every arm in units of the gain: (1 - p) - F p - cost; abstaining pays 0."""
        underworld = self.underworld
        p = underworld.world.parameters.smugglers
        believed = self.caught / (self.caught + self.passed)
        payoff = (1.0 - believed) - p.loss_per_gain * believed - underworld.cost
        payoff[underworld.abstain] = 0.0
        return np.where(underworld.available[self.kind], payoff, -np.inf)

    def decide(self, day: int) -> None:
        """Once a week: experience-weighted attraction, then the logit by Gumbels keyed by arm name."""
        if self.arm >= 0 and day % WEEK_D != self.number % WEEK_D:
            return
        underworld = self.underworld
        p = underworld.world.parameters.smugglers
        if self.arm >= 0:
            self._learn(p.memory, p.drift_to_belief)
        can = np.isfinite(self.attraction)
        utility = np.full(len(can), -np.inf)
        utility[can] = p.lambda_per_gain * self.attraction[can]
        if self.arm >= 0:
            switching = np.full(len(utility), p.switching_per_gain * p.lambda_per_gain)
            switching[self.arm] = 0.0
            utility = utility - switching
        luck = underworld.numbers.gumbels("arm", self.luck, day)
        self.arm = int(np.argmax(utility + luck))

    def _learn(self, memory: float, drift: float) -> None:
        chosen = self.arm
        believed = self.expected()
        can = np.isfinite(believed)
        moved = np.full(len(believed), -np.inf)
        moved[can] = self.attraction[can] + drift * (believed[can] - self.attraction[can])
        if self.week_payoff or chosen == self.underworld.abstain:
            realised = float(np.mean(self.week_payoff)) if self.week_payoff else 0.0
            new_experience = memory * self.experience + 1.0
            moved[chosen] = (memory * self.experience * self.attraction[chosen] + realised) / new_experience
            self.experience = new_experience
        self.attraction = moved
        self.week_payoff = []

    def hear(self, arm: int, caught: bool, weight: float) -> None:
        """Take in a result, own (weight 1) or by news."""
        if caught:
            self.caught[arm] += weight
        else:
            self.passed[arm] += weight

    def result(self, arm: int, caught: bool, delivered: bool) -> None:
        """An own attempt has ended; one may be caught when the goods have long been delivered."""
        p = self.underworld.world.parameters.smugglers
        cost = float(self.underworld.cost[arm])
        if caught and delivered:
            if arm == self.arm:  # what comes to light weeks later says nothing of the arm used now
                self.week_payoff.append(1.0 - p.guarantee_per_gain - cost)
        elif delivered:
            self.week_payoff.append(1.0 - cost)
        else:
            self.week_payoff.append(-p.loss_per_gain - cost)


class Underworld:
    """All organisations, their arms and their fronts.

    Attributes
    ----------
    ways : ways through a post: both covers, and what else the world has
    arms : "post/way" for every post and way, "unofficial", "abstain"
    parts : per arm, lorries over which a load is spread
    concealment : per arm, factor on the concealment of what one of them carries
    cost : per arm, cost in units of the gain
    diverts : per arm, whether goods leave a transit lorry after the post
    buys : per arm, whether an examiner is kept for it
    available : per kind, which arms it can use
    front : (organisations, posts, ways) trader that lends its name
    passed : per trader, checks in a row that found nothing, which it knows of itself
    """

    def __init__(self, world: World, numbers: Numbers, traders: Traders) -> None:
        self.world, self.numbers, self.traders = world, numbers, traders
        p = world.parameters.smugglers
        count = int(p.organisations) if world.smuggling else 0
        self.ways = (*COVERS, *world.smuggler_ways)
        self.arms = [f"{post.name}/{way}" for post in world.posts for way in self.ways] + ["unofficial", "abstain"]
        self.abstain, self.unofficial = len(self.arms) - 1, len(self.arms) - 2
        self.parts = np.ones(len(self.arms), np.int64)
        self.parts[self._arms_by(SPLIT)] = round(p.split_parts)
        self.concealment = np.where(self.parts > 1, p.split_concealment, 1.0)
        self.cost = p.travel_per_gain * self.parts
        self.cost[self._arms_by("aeo")] += p.aeo_cover_per_gain
        self.cost[self._arms_by(HISTORY)] += p.history_per_gain
        self.cost[self._arms_by(OFFICER)] += p.officer_per_gain
        self.cost[self._arms_by(DIVERSION)] += p.diversion_per_gain
        self.cost[self.unofficial] += p.unofficial_per_gain
        self.cost[self.abstain] = 0.0
        self.available = {kind: np.ones(len(self.arms), np.bool_) for kind in KIND_NAMES}
        self.available[COUNTERFEIT][self.unofficial] = False  # containers do not leave the road
        self.diverts = np.zeros(len(self.arms), np.bool_)
        self.diverts[self._arms_by(DIVERSION)] = True
        self.buys = np.zeros(len(self.arms), np.bool_)
        self.buys[self._arms_by(OFFICER)] = True
        for arm in self._arms_by(DIVERSION):
            if not world.posts[self.place(arm)[0]].regime_shares[TRANSIT]:
                for kind in KIND_NAMES:
                    self.available[kind][arm] = False
        self.kinds = [self._kind((g + 0.5) / max(count, 1)) for g in range(count)]
        self.generation = np.zeros((count, len(world.posts), len(self.ways)), np.int64)
        self.front = np.zeros_like(self.generation)
        self.passed = np.zeros(len(traders))
        for g in range(count):
            for post in range(len(world.posts)):
                for way in range(len(self.ways)):
                    self.front[g, post, way] = self._front(g, post, way, 0)
        self.organisations: list[SmugglingOrganisation] = []

    def _arms_by(self, way: str) -> list[int]:
        """Arms that take a way, one a post; none where the world does not have it."""
        return [k for k, arm in enumerate(self.arms) if arm.rpartition("/")[2] == way]

    def place(self, arm: int) -> tuple[int, int]:
        """Post and way of an arm through a post."""
        return divmod(arm, len(self.ways))

    def _kind(self, rank: float) -> int:
        c = self.world.parameters.consignments
        if rank < c.drugs_share:
            return DRUGS
        return COUNTERFEIT if rank < c.drugs_share + c.counterfeit_share else OTHER

    def _front(self, organisation: int, post: int, way: int, generation: int) -> int:
        """A trader of the post, trusted or not, drawn by key (organisation, post, way, generation)."""
        first, last = int(self.traders.first[post]), int(self.traders.first[post + 1])
        wanted = np.flatnonzero(self.traders.aeo[first:last] == (self.ways[way] == "aeo")) + first
        if self.ways[way] == HISTORY:
            longest = np.lexsort((np.arange(last - first), -self.passed[first:last]))
            wanted = first + longest[: max(1, round(self.world.parameters.smugglers.history_share * (last - first)))]
        if not len(wanted):
            wanted = np.arange(first, last)
        part = f"{self.world.posts[post].name}/{self.ways[way]}"
        u = self.numbers.uniform("front", f"organisation-{organisation:02d}", generation, 1, part)[0]
        return int(wanted[int(u * len(wanted))])

    def seek_history(self, o: SmugglingOrganisation) -> None:
        """An organisation that comes to rely on a clean history takes the name of whoever has one by now."""
        post, way = self.place(o.arm)
        if o.arm < self.unofficial and self.ways[way] == HISTORY:
            self.renew(o.number, post, way)

    def checked(self, trader: Ints, found: Ints) -> None:
        """Checks of the day: a trader's row of those that found nothing goes on, or ends."""
        clean = np.bincount(trader[found == 0], minlength=len(self.passed))
        self.passed = np.where(np.bincount(trader[found > 0], minlength=len(self.passed)) > 0, 0.0, self.passed + clean)

    def active(self, day: int) -> list[SmugglingOrganisation]:
        """Organisations that have not been dismantled, in order of number."""
        return [o for o in self.organisations if o.removed_until <= day]

    def change_fronts(self, day: int) -> None:
        """Fronts wear out: some are changed today."""
        hazard = 1.0 - 0.5 ** (1.0 / self.world.parameters.intelligence.front_half_life_d)
        blocks = tuple((o.name, self.front[0].size, "") for o in self.organisations)
        u = self.numbers.uniforms("front_change", blocks, day).reshape(self.front.shape)
        for organisation, post, way in np.argwhere(u < hazard).tolist():
            self.renew(organisation, post, way)

    def renew(self, organisation: int, post: int, way: int) -> None:
        """Give an organisation a new front at a post."""
        self.generation[organisation, post, way] += 1
        generation = int(self.generation[organisation, post, way])
        self.front[organisation, post, way] = self._front(organisation, post, way, generation)

    def attempt(self, day: int, potential: PotentialDay, post: Ints) -> Attempts:
        """Let today's opportunities ride in journeys of the fronts (`post` = crossing of each journey)."""
        p = self.world.parameters
        volume = sum(x.per_day for x in self.world.posts)
        mean = p.consignments.prohibited_share * volume / max(len(self.organisations), 1)
        positions, organisations, arms, ordinals = [], [], [], []
        unofficial: list[tuple[int, bool]] = []
        deterred, without = 0, 0.0
        taken: set[int] = set()
        for o in self.active(day):
            count = potential.once(f"opportunities/{o.name}", partial(self._opportunities, o.name, day, mean))
            if not count:
                continue
            if o.arm == self.abstain:
                deterred += count
            elif o.arm == self.unofficial:
                caught = self.numbers.uniform("patrol", o.name, day, count) < p.smugglers.patrol_p
                unofficial += [(o.number, bool(c)) for c in caught]
            else:
                where, way = self.place(o.arm)
                front = self.front[o.number, where, way]
                rides = np.flatnonzero(potential.trader == front)
                rides = rides[(post[rides] == where) & ~potential.empty[rides]]
                if self.diverts[o.arm]:
                    rides = rides[potential.regime[rides] == TRANSIT]
                rides = rides[[int(r) not in taken for r in rides]]
                for ordinal, pick in self._picks(o, day, count):
                    if not len(rides):
                        without += 1.0 / int(self.parts[o.arm])
                        continue
                    chosen = int(rides[int(pick * len(rides))])
                    rides = rides[rides != chosen]
                    taken.add(chosen)
                    positions.append(chosen)
                    organisations.append(o.number)
                    arms.append(o.arm)
                    ordinals.append(ordinal)
        return Attempts(
            np.array(positions, np.int64),
            np.array(organisations, np.int64),
            np.array(arms, np.int64),
            np.array(ordinals, np.int64),
            unofficial,
            deterred,
            without,
        )

    def _picks(self, o: SmugglingOrganisation, day: int, count: int) -> Iterator[tuple[int, float]]:
        """Number of each load of the day, or part of one, and the uniform that says which journey it rides in."""
        for part in range(int(self.parts[o.arm])):
            name = f"part-{part}" if part else ""
            for ordinal, pick in enumerate(self.numbers.uniform("ride", o.name, day, count, name).tolist()):
                yield ordinal + (part << PART_BITS), pick

    def _opportunities(self, organisation: str, day: int, mean: float) -> int:
        """How many an organisation has today."""
        u = self.numbers.uniform("opportunities", organisation, day, 1)
        return int(poisson_quantile(u, np.array([mean]))[0])

    def news(
        self,
        day: int,
        organisation: int,
        arm: int,
        caught: bool,
        loophole_share: float,
        joint: bool = False,
        delivered: bool = False,
    ) -> None:
        """Spread a result: own experience, news to others, and to other posts where a loophole works in common.

        `joint`: the goods were seized on a partner country's record, so both investigate. `delivered`: what was caught
        had been delivered before.
        """
        p = self.world.parameters.smugglers
        for o in self.organisations:
            weight = 1.0 if o.number == organisation else p.news_weight
            o.hear(arm, caught, weight)
            if loophole_share > 0 and not caught and arm < self.unofficial and o.number == organisation:
                for other in range(arm % len(self.ways), self.unofficial, len(self.ways)):
                    if other != arm:
                        o.hear(other, False, loophole_share)
        self.organisations[organisation].result(arm, caught, delivered or not caught)
        if caught and arm < self.unofficial:
            self._after_seizure(day, organisation, arm, joint)

    def _after_seizure(self, day: int, organisation: int, arm: int, joint: bool) -> None:
        """A seizure burns the front and may end the organisation; another takes its place later."""
        p = self.world.parameters.smugglers
        o = self.organisations[organisation]
        o.seizures = (day, o.seizures[1] + 1 if o.seizures[0] == day else 0)
        u = self.numbers.uniform("dismantled", o.name, day, 2, str(o.seizures[1]))
        if u[0] < p.front_dropped_p:
            self.renew(organisation, *self.place(arm))
        if u[1] < (p.removal_joint_p if joint else p.removal_p):
            z = float(ndtri(self.numbers.uniform("replaced", o.name, day, 1)[0]))
            o.removed_until = day + 1 + int(p.replacement_d * np.exp(p.replacement_sigma * z))
