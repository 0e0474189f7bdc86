"""Selection: thresholds of every desk, what administrations make of declarations, and alerts that analysts can work."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.admission import SIDE_NAMES, Batch
from sim.agents.country import CustomsAdministration
from sim.consignments.declaration import Declarations, with_record
from sim.cooperation.intelligence import NOBODY, Exchange
from sim.journeys import Journeys, present
from sim.measures.change import Key
from sim.posts.process import ENTRY, EXAMINATION, Plan
from sim.targeting.channels import NEVER
from sim.world.world import World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class DeskScores:
    """Scores selectivity has read at a desk today, and how many declarations the watchlist sent to red."""

    scores: Floats
    watch_reds: int


class Selection:
    """What administrations decide about declarations, at midnight.

    Attributes
    ----------
    random_red : per desk, share of declarations that chance sends to red today
    alert_room : per country, alerts its analysts can still work today
    examinations : station, desk and inspectors on a shift of every examination
    """

    def __init__(
        self, world: World, plan: Plan, administrations: Sequence[CustomsAdministration], exchange: Exchange
    ) -> None:
        self.world, self.administrations, self.exchange = world, administrations, exchange
        self.owners = owners_of(world)
        self.random_red = np.zeros(2 * len(world.posts))
        self.alert_room = [0] * len(world.countries)
        self.examinations = tuple(_examinations(plan))

    # -- channels -----------------------------------------------------------------------------------------------

    def desks(self, mechanisms: Mapping[Key, float], waiting: Ints) -> tuple[Floats, Floats, Floats, Floats]:
        """Thresholds of every desk for the day, from trailing scores and last midnight's examination backlog.

        `waiting` are legs at each station. Returns, per desk, the random shares of red and of yellow, and per desk and
        lane the scores from which a declaration goes to red and to yellow.
        """
        desks = 2 * len(self.world.posts)
        red, yellow = np.zeros(desks), np.zeros(desks)
        red_at, yellow_at = np.full((desks, 2), NEVER), np.full((desks, 2), NEVER)
        backlog_h = self._backlog_h(waiting)
        blues = [mechanisms["selectivity.blue_share", post.name] for post in self.world.posts]
        reds = [mechanisms["selectivity.red_share", post.name] for post in self.world.posts]
        for administration in self.administrations:
            administration.set_blue_shares(blues)
            administration.set_red_shares(reds)
            for desk, t in administration.thresholds(backlog_h).items():
                red[desk], yellow[desk] = t.random_red, t.random_yellow
                red_at[desk], yellow_at[desk] = t.red_at, t.yellow_at
        self.random_red = red
        return red, yellow, red_at, yellow_at

    def _backlog_h(self, waiting: Ints) -> dict[int, float]:
        """Hours of nominal examination work that wait per desk, shared among its inspectors on a shift."""
        e = self.world.parameters.examination
        full_share = 1.0 - e.tailgate_share - e.partial_share
        mean_min = e.tailgate_share * e.tailgate_min + e.partial_share * e.partial_min + full_share * e.full_min
        out: dict[int, float] = {}
        for station, desk, inspectors in self.examinations:
            out[desk] = out.get(desk, 0.0) + float(waiting[station]) * mean_min / 60.0 / inspectors
        return out

    def remember(self, selected: Mapping[int, DeskScores]) -> None:
        """Each desk remembers the scores of the day, once, for its trailing thresholds."""
        for administration in self.administrations:
            for desk, policy in administration.policies.items():
                if desk in selected:
                    policy.observe(selected[desk].scores, selected[desk].watch_reds)

    # -- scores and alerts --------------------------------------------------------------------------------------

    def morning(self) -> None:
        """Analysts have a day's alerts before them."""
        self.alert_room = [int(self.world.parameters.intelligence.desk_alerts_per_day)] * len(self.world.countries)

    def look(self, batch: Batch, side: int, declared: Declarations) -> None:
        """Score the declarations of a side and flag those whose traders are listed."""
        name, potential, count = SIDE_NAMES[side], batch.potential, len(batch.potential)
        loaded = np.flatnonzero(~potential.empty)
        owner, theirs = self.owners[side][batch.post[loaded]], declared.take(loaded)
        batch.declared[name] = declared
        batch.scores[name], batch.known_by[name] = np.full(count, -NEVER), np.full(count, NOBODY)
        batch.watched[name] = np.zeros(count, np.bool_)
        batch.scores[name][loaded] = self._scores(owner, theirs)
        flagged = self.exchange.flags(owner, theirs.trader, potential.u[f"{name}/false_alert"][loaded])
        worked = np.flatnonzero(self._worked(owner, flagged))
        batch.watched[name][loaded[worked]] = True
        batch.known_by[name][loaded[worked]] = self.exchange.origins(owner[worked], theirs.trader[worked])

    def look_again(self, today: int, lodged: Journeys) -> tuple[Floats, Ints]:
        """Renew score and watchlist flag of declarations of earlier days that selectivity has not seen.

        An alert is worked once; it falls with a withdrawn record.
        """
        owner = self.owners[ENTRY][lodged.column(lambda batch: batch.post)]
        u_namesake = lodged.column(lambda batch: batch.potential.u["entry/false_alert"])
        already = lodged.column(lambda batch: batch.watched["entry"])
        fresh = self._fresh(today, lodged)
        declared = lodged.declared("entry")
        flagged = self.exchange.flags(owner, declared.trader, u_namesake)
        stands = (flagged & already) | self._worked(owner, flagged & ~already & fresh)
        if self.world.expired_alerts == "red":
            stands |= flagged & ~fresh
        at, known_by = np.flatnonzero(stands), np.full(len(owner), NOBODY)
        known_by[at] = self.exchange.origins(owner[at], declared.trader[at])
        lodged.write(lambda batch: batch.watched["entry"], stands)
        lodged.write(lambda batch: batch.known_by["entry"], known_by)
        return self._scores(owner, declared), stands.astype(np.int64)

    def _scores(self, owner: Ints, declared: Declarations) -> Floats:
        """Scores of declarations, each by its owner's engine and record."""
        records = np.array([administration.record for administration in self.administrations])
        gain = self.world.parameters.targeting.record_gain
        features = with_record(declared, gain * records[owner, declared.trader])
        engine = self.administrations[0].engine
        if not engine.learns:  # engines that do not learn are the same everywhere
            return engine.score(features, declared.noise)
        score = np.zeros(len(owner))
        for index in present(owner):
            mine = np.flatnonzero(owner == index)
            own = features.T.take(mine, axis=1).T
            score[mine] = self.administrations[index].engine.score(own, declared.noise[mine])
        return score

    def _worked(self, owner: Ints, flagged: Bools) -> Bools:
        """Which of the flagged declarations analysts of their owners can still work today."""
        at, worked = np.flatnonzero(flagged), np.zeros(len(owner), np.bool_)
        for index in present(owner[at]):
            mine = self.administrations[index].alerts(at[owner[at] == index], self.alert_room[index])
            self.alert_room[index] -= len(mine)
            worked[mine] = True
        return worked

    def _fresh(self, today: int, lodged: Journeys) -> Bools:
        """Whether an alert on each declaration can still be worked."""
        expiry_h = self.world.parameters.intelligence.alert_expiry_h
        fresh = [24.0 * (today - batch.potential.day) < expiry_h for batch, _ in lodged.parts]
        return np.repeat(fresh, [len(position) for _, position in lodged.parts])


def owners_of(world: World) -> Ints:
    """Country that acts at each post, by side: the one left, and the one entered."""
    return np.array([[p.exit_country for p in world.posts], [p.entry_country for p in world.posts]], np.int64)


def _examinations(plan: Plan) -> Iterator[tuple[int, int, int]]:
    network = plan.network
    examinations = network.node.work == EXAMINATION
    for station in np.unique(network.node.station[examinations]).tolist():
        desk = int(network.node.desk[examinations & (network.node.station == station)][0])
        pool = network.station.pools[station, network.station.lead[station]]
        yield station, desk, max(1, int(network.pool.base[pool]))
