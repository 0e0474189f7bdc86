"""Officers, clerks and devices: skills, pace, rosters, courses, turnover. One array per attribute, agents as views."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri

from sim.agents.view import View
from sim.consignments.numbers import Numbers
from sim.measures.change import Key
from sim.posts.legs import LegRows
from sim.world.brokers import longer
from sim.world.world import DAY_MS, MINUTE_MS, Pool, World

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Minutes = tuple[int, int]
"""A span of the day in minutes after midnight."""
DAYS_PER_YEAR = 365.0
MINUTES_PER_DAY = 1440
WIDEST_BETA = 0.7
"""Most of the standard deviation a Beta law could have at its mean that officers are given."""
ROUND_THE_CLOCK: Minutes = (0, MINUTES_PER_DAY)


class Agenda(NamedTuple):
    """What any unit might do on a day in order of time and unit: stop at midnight, come (`on` 1) and go.

    `place` is where each stands unit by unit: first all that may stop, then all that may come, then go.
    """

    place: Ints
    minute: Ints
    unit: Ints
    on: Ints


class Officer(View):
    """A view on one seat of the staff: whoever sits there now."""

    def __init__(self, model: Any, staff: "Staff", seat: int) -> None:
        super().__init__(model)
        self.staff = staff
        self.seat = seat

    @property
    def name(self) -> str:
        """Name of the seat."""
        return self.staff.seats[self.seat]

    @property
    def skill(self) -> float:
        """Skill of the person in the seat, in the skill that serves there."""
        return float(self.staff.skill[self.seat])

    @property
    def on_course(self) -> bool:
        """Whether the person is away on a course today."""
        return bool(self.staff.absent[self.seat])


class Staff:
    """All units of all pools in one array per attribute; units are numbered as the engines number them.

    Attributes
    ----------
    seats : name of each unit, "pool/number"
    skill, start_skill : skill that serves at the unit's pool, now and when the person came (1 for devices and clerks)
    pace : work per minute when fresh
    absent : 1 while on a course
    vacant_until : first day the seat is filled again
    bribable : probability with which the person takes a bribe that is offered (0 without corruption, and for devices)
    images, finds : images a reader has read, and alarms that led to a find
    posted : whether the unit is there at all (those a measure provides are not until it does)
    time_share : share of the working day that is spent at the desk
    out_until : first day a device is in order again
    """

    def __init__(self, world: World, numbers: Numbers) -> None:
        self.world, self.numbers, self.p = world, numbers, world.parameters
        pools = world.pools
        self.pool = np.repeat(np.arange(len(pools)), [p.units for p in pools]).astype(np.int64)
        self.number = np.concatenate([np.arange(p.units) for p in pools]).astype(np.int64)
        self.seats = [f"{pools[p].name}/{k:03d}" for p, k in zip(self.pool, self.number, strict=True)]
        self.country = np.array([pools[p].country for p in self.pool], np.int64)
        self.skilled = np.array([pools[p].skill != "none" for p in self.pool])
        self.skilled_seats = np.flatnonzero(self.skilled)
        mechanisms = ("staff.absent", "staff.time_share", "staff.course_gain")
        self.keys = {name: tuple((name, self.seats[i]) for i in self.skilled_seats) for name in mechanisms}
        self.keys["brokers.more_h"] = tuple(("brokers.more_h", broker.name) for broker in world.brokers)
        self.mechanisms: Mapping[Key, float] = {}
        self.by_seat: dict[str, Floats] = {}
        self.document = np.array([pools[p].skill == "document" for p in self.pool])
        self.generation = np.zeros(len(self.pool), np.int64)
        self.trained = np.zeros(len(self.pool), np.bool_)
        self.absent = np.zeros(len(self.pool))
        self.vacant_until = np.zeros(len(self.pool), np.int64)
        self.images = np.zeros(len(self.pool))
        self.finds = np.zeros(len(self.pool))
        self.left = 0
        self.skill = np.ones(len(self.pool))
        self.pace = np.ones(len(self.pool))
        self.further = np.zeros(len(self.pool), np.bool_)
        self.bribable = np.zeros(len(self.pool))
        for index, pool in enumerate(pools):
            mine = self.pool == index
            own = pool.base + pool.reserve
            self.further[mine] = np.arange(pool.units) % max(1, pool.team_size) >= own
            if pool.skill != "none":
                mean, u = world.countries[pool.country].skill_mean, self._by_team("skill", pool, 0)
                novices = self._skills(mean - self.p.staff.novice_gap, u)
                self.skill[mine] = np.where(self.further[mine], novices, self._skills(mean, u))
                self.pace[mine] = self._paces(self._by_team("pace", pool, 0))
                self.bribable[mine] = self._bribable(pool, self._by_team("integrity", pool, 0))
        self.posted = ~self.further
        self.here_before = self.posted.copy()
        self.time_share = np.ones(len(self.pool))
        self.out_until = np.zeros(len(self.pool), np.int64)
        self.post = np.array([pools[p].post for p in self.pool], np.int64)
        self.breaks = np.array([pools[p].breaks for p in self.pool], np.bool_)
        self.breaking_teams = tuple(team for pool in pools if pool.breaks for team in _teams(pool))
        self.contract_u = self.numbers.uniforms("contract", self.breaking_teams, 0)
        self.start_skill = self.skill.copy()
        self.always_on = np.array([not pools[p].teams and pools[p].skill == "none" for p in self.pool], np.bool_)
        self.leaving_per_day = np.array(
            [world.countries[pools[p].country].leaving_per_year / DAYS_PER_YEAR for p in self.pool]
        )
        self.skilled_teams = tuple(team for pool in pools if pool.skill != "none" for team in _teams(pool))
        self.rotation_turn = self.numbers.uniforms("rotation", self.skilled_teams, 0)
        self.week_spans = [_unit_spans(pools, weekday) for weekday in range(7)]
        self.week_agendas = [_agenda(spans) for spans in self.week_spans]
        self.today = 0
        self.more_min = self.more_min_before = np.zeros(len(pools), np.int64)  # per pool of clerks, open longer
        self.clerks = np.array([broker.pool for broker in world.brokers], np.int64)
        self.idle_spans = (np.full(len(self.pool), -1), np.full(len(self.pool), -1))
        self.course_place = self._course_places()

    def _by_team(self, purpose: str, pool: Pool, occasion: int) -> Floats:
        """One number per unit, a block per team: a further officer or shift moves nobody else's."""
        return self.numbers.uniforms(purpose, _teams(pool), occasion)

    def _skills(self, mean: float, u: Floats) -> Floats:
        """Beta quantiles with this mean and the staff's standard deviation."""
        sd = self.p.staff.skill_sd
        if sd <= 0:
            return np.full(len(u), mean)
        return np.clip(_beta(mean, sd, u), self.p.staff.skill_floor, self.p.staff.skill_ceiling)

    def _bribable(self, pool: Pool, u: Floats) -> Floats:
        """Willingness to take bribes: Beta quantiles with the country's mean."""
        mean = self.world.countries[pool.country].bribe_p if self.world.corruption else 0.0
        sd = min(self.p.bribery.officer_sd, WIDEST_BETA * float(np.sqrt(mean * (1.0 - mean))))
        if sd <= 0:
            return np.full(len(u), mean)
        return _beta(mean, sd, u)

    def _paces(self, u: Floats) -> Floats:
        e = self.p.examination
        return e.pace_low + e.pace_spread * u

    def _course_places(self) -> dict[str, float]:
        """Place in the course list of every seat with a skill."""
        places: dict[str, float] = {}
        for index, pool in enumerate(self.world.pools):
            if pool.skill != "none":
                u = self._by_team("course", pool, 0)
                names = [self.seats[i] for i in np.flatnonzero(self.pool == index)]
                places |= dict(zip(names, u.tolist(), strict=True))
        return places

    def morning(self, day: int, mechanisms: Mapping[Key, float]) -> None:
        """Courses, forgetting, ageing tactics, turnover, rotation and outages, before the day's work."""
        p = self.p.staff
        self.here_before = self._here(day - 1)
        self._open_longer(day, mechanisms)
        for seat in np.flatnonzero(self.further):
            self.posted[seat] = mechanisms["staff.posted", self.seats[seat]] > 0
        rows = self.skilled_seats
        self.absent[rows] = self._of_each("staff.absent", mechanisms)
        self.time_share[rows] = self._of_each("staff.time_share", mechanisms)
        gain = self._of_each("staff.course_gain", mechanisms)
        skill = self.skill[rows]
        if gain.any():
            skill += gain * (p.skill_ceiling - skill)
            self.trained[rows] |= gain > 0
        above = np.maximum(skill - self.start_skill[rows], 0.0)
        kept = 0.5 ** (1.0 / p.forgetting_half_life_d)
        aged = skill - above * (1.0 - kept) - p.tactics_age_per_year / DAYS_PER_YEAR
        self.skill[rows] = np.maximum(aged, np.minimum(skill, p.skill_floor))
        self._turnover(day)
        self._rotation(day)
        self._outages(day, mechanisms)

    def _of_each(self, mechanism: str, mechanisms: Mapping[Key, float]) -> Floats:
        """Value of a mechanism for each of its owners, looked up anew when any mechanism has changed."""
        if mechanisms is not self.mechanisms:
            self.mechanisms, self.by_seat = mechanisms, {}
        if mechanism not in self.by_seat:
            keys = self.keys[mechanism]
            self.by_seat[mechanism] = np.fromiter(map(mechanisms.__getitem__, keys), np.float64, len(keys))
        return self.by_seat[mechanism]

    def _turnover(self, day: int) -> None:
        """Some leave; after a vacancy a novice takes the seat."""
        rows = self.skilled_seats
        factor = np.where(self.trained[rows], self.p.staff.leaving_trained_factor, 1.0)
        leave = self.numbers.uniforms("leaving", self.skilled_teams, day) < self.leaving_per_day[rows] * factor
        for seat in rows[leave & (self.vacant_until[rows] <= day)].tolist():
            self.replace(seat, day)

    def replace(self, seat: int, day: int) -> None:
        """Empty a seat, by leave or dismissal; after a vacancy a novice takes it."""
        self._replace(seat, self.p.staff.novice_gap)
        self.vacant_until[seat] = day + int(self.p.staff.vacancy_d)
        self.left += 1

    def _rotation(self, day: int) -> None:
        """Some change places with colleagues from elsewhere, who are no novices but were not trained here."""
        yearly = self.p.staff.rotation_per_year
        turns = [np.floor(d * yearly / DAYS_PER_YEAR + self.rotation_turn) for d in (day - 1, day)]
        rows = self.skilled_seats
        for seat in rows[(turns[0] < turns[1]) & (day > 0) & (self.vacant_until[rows] <= day)].tolist():
            self._replace(seat, 0.0)

    def _outages(self, day: int, mechanisms: Mapping[Key, float]) -> None:
        """Devices fail; under a maintenance contract they are soon repaired, else parts must be bought first."""
        if not self.breaking_teams:
            return
        p = self.p.devices
        failing = self.numbers.uniforms("outage", self.breaking_teams, day) < p.failure_p_per_day
        failing &= ((self.out_until <= day) & self.posted)[self.breaks]
        if not failing.any():
            return
        seats = np.flatnonzero(self.breaks)[failing]
        shares = np.array([mechanisms["devices.maintained_share", c.key] for c in self.world.countries])
        slow_d = p.unmaintained_down_share / (1.0 - p.unmaintained_down_share) / max(p.failure_p_per_day, 1e-9)
        maintained = self.contract_u[failing] < shares[self.country[seats]]
        mean_d = np.where(maintained, p.repair_d, np.maximum(slow_d, p.repair_d))
        z = ndtri(np.maximum(self.numbers.uniforms("repair", self.breaking_teams, day)[failing], 1e-16))
        days = np.ceil(mean_d * np.exp(p.repair_sigma * z - p.repair_sigma**2 / 2.0)).astype(np.int64)
        self.out_until[seats] = day + days

    def devices(self, day: int) -> tuple[Ints, Ints]:
        """Per post, devices that may break: how many there are, and how many of them are in order today."""
        there = self.breaks & self.posted
        count = len(self.world.posts)
        in_order = there & (self.out_until <= day)
        return np.bincount(self.post[there], minlength=count), np.bincount(self.post[in_order], minlength=count)

    def _replace(self, seat: int, gap: float) -> None:
        """Another takes the seat, with the skill of the country's staff less a gap."""
        pool = self.world.pools[self.pool[seat]]
        self.generation[seat] += 1
        number, generation = int(self.number[seat]), int(self.generation[seat])
        skill_u, pace_u, bribable_u = (
            self._by_team(purpose, pool, generation)[number : number + 1] for purpose in ("skill", "pace", "integrity")
        )
        self.skill[seat] = self._skills(self.world.countries[pool.country].skill_mean - gap, skill_u)[0]
        self.pace[seat] = self._paces(pace_u)[0]
        self.bribable[seat] = self._bribable(pool, bribable_u)[0]
        self.start_skill[seat] = self.skill[seat]
        self.trained[seat] = False
        self.images[seat] = self.finds[seat] = 0.0

    def rotate(self, day: int, per_day: Floats) -> Ints:
        """Move officers to other desks at a rate per country; at a new one each has something to learn.

        Returns the seats concerned: who sits there is of the same skill and integrity, and knows nobody.
        """
        u = self.numbers.uniforms("desk_rotation", self.skilled_teams, day)
        skilled = np.flatnonzero(self.skilled)
        moved = skilled[u < per_day[self.country[skilled]]]
        self.skill[moved] *= 1.0 - self.p.bribery.rotation_skill_loss
        return moved

    def working_skill(self, mechanisms: Mapping[Key, float]) -> Floats:
        """Skill as it works today: document officers may have a new form to master."""
        factors = np.array([mechanisms["documents.skill_factor", c.key] for c in self.world.countries])
        return np.where(self.document, self.skill * factors[self.country], self.skill)

    def working_pace(self) -> Floats:
        """Pace as it works today: who gives part of the day to something else is the slower at the desk."""
        return self.pace * self.time_share

    def criterion(self) -> Floats:
        """Image criterion of a fresh reader: the rarer the finds, the stricter."""
        p = self.p.image
        believed = np.clip((self.finds + 1.0) / (self.images + p.prior_images), p.belief_floor, 0.5)
        return p.criterion_prevalence * np.log((1.0 - believed) / believed)

    def roster(self, day: int) -> tuple[Ints, Ints, Ints]:
        """Shift starts and ends of the day: times in ms, units, 1 = on. Teams are cut to the pool's opening hours.

        Who is on a course or not yet replaced does not come, and goes at midnight where the team works through it.
        Of a team that works on from yesterday those who are here start anew. Devices that are always on are started
        once, and again after an outage.
        """
        spans, here, weekday = self._spans(day), self._here(day), self.world.weekday(day)
        start, end = spans
        stays = here & (start == 0)
        runs = self.always_on & self.here_before & here & (day > 0)
        left = (self._spans(day - 1)[1] == MINUTES_PER_DAY) & ~stays & ~runs & (self.here_before | ~self.always_on)
        comes = (start >= 0) & here & ~runs
        goes = (start >= 0) & (end < MINUTES_PER_DAY) & ~runs
        agenda = self.week_agendas[weekday] if spans is self.week_spans[weekday] else _agenda(spans)
        which = np.flatnonzero(np.concatenate([left, comes, goes])[agenda.place])
        return day * DAY_MS + agenda.minute[which] * MINUTE_MS, agenda.unit[which], agenda.on[which]

    def _here(self, day: int) -> Bools:
        """Who is neither on a course nor still to be replaced, and which devices are in order."""
        return np.asarray((self.absent == 0) & (self.vacant_until <= day) & (self.out_until <= day) & self.posted)

    def _spans(self, day: int) -> tuple[Ints, Ints]:
        """First and last minute of each unit's team on a day, -1 where it does not work."""
        if day < 0:
            return self.idle_spans
        spans = self.week_spans[self.world.weekday(day)]
        more = self.more_min if day == self.today else self.more_min_before
        return spans if not more.any() else self._longer(spans, more)

    def _open_longer(self, day: int, mechanisms: Mapping[Key, float]) -> None:
        """Minutes that each pool of clerks works longer today; yesterday's are remembered until the night is over."""
        self.more_min_before = self.more_min if day > self.today else np.zeros_like(self.more_min)
        self.today, self.more_min = day, np.zeros_like(self.more_min)
        self.more_min[self.clerks] = np.rint(60.0 * self._of_each("brokers.more_h", mechanisms))

    def _longer(self, spans: tuple[Ints, Ints], more: Ints) -> tuple[Ints, Ints]:
        """Spans of units whose first team begins earlier and whose last team ends later."""
        start, end = spans[0].copy(), spans[1].copy()
        for index in np.flatnonzero(more):
            pool, mine = self.world.pools[index], np.flatnonzero((self.pool == index) & (start >= 0))
            opens, closes = pool.teams[0][0], max(last for _, last in pool.teams)
            first, last = longer(opens, closes, int(more[index]))
            start[mine[start[mine] == opens]] = first
            end[mine[end[mine] == closes]] = last
        return start, end

    def rostered_ms(self, day: int) -> Floats:
        """Time on duty today per pool, ms (devices that are always on count the whole day)."""
        start, end = self._spans(day)
        worked_ms = np.where(self._here(day), (end - start) * float(MINUTE_MS), 0.0)
        return np.asarray(np.bincount(self.pool, worked_ms, len(self.world.pools)), np.float64)

    def evening(self, rows: LegRows) -> None:
        """Learning by doing, from cases whose outcome the officer hears of; and what image readers have seen.

        A document officer hears of corrections and of answered queries, an inspector of finds, an image reader of
        images that an examination followed.
        """
        p, found = self.p.staff, rows["detected"] == 1
        feedback = {
            "document_unit": (rows["corrected"] == 1) | (rows["queries"] > 0),
            "exam_unit": found,
            "image_unit": rows["exam_unit"] >= 0,
        }
        for column, heard in feedback.items():
            cases = self._cases(rows[column], heard)
            taught = np.flatnonzero((cases > 0) & self.skilled)
            gap = np.maximum(p.skill_ceiling - self.skill[taught], 0.0)
            self.skill[taught] += gap * (1.0 - (1.0 - p.learning_per_case) ** cases[taught])
        readers = rows["image_unit"]
        self.images += self._cases(readers, readers >= 0)
        self.finds += self._cases(readers, found)

    def _cases(self, units: Ints, which: Bools) -> Ints:
        """How often each unit is among these where `which` is true; -1 is none."""
        return np.bincount((units + 1) * which, minlength=len(self.pool) + 1)[1:]


def _beta(mean: float, sd: float, u: Floats) -> Floats:
    """Quantiles of the Beta law with this mean and standard deviation."""
    nu = mean * (1 - mean) / sd**2 - 1
    return np.asarray(betaincinv(mean * nu, (1 - mean) * nu, u))


def _teams(pool: Pool) -> tuple[tuple[str, int, str], ...]:
    """Owner, size and name of every team of a pool, as keys of blocks of numbers."""
    names = ["{}-{}".format(*team) for team in pool.teams] or [""]
    return tuple((pool.name, pool.team_size, name) for name in names)


def _unit_spans(pools: Sequence[Pool], weekday: int) -> tuple[Ints, Ints]:
    """First and last minute of every unit's team on a weekday, in order of unit; -1 where a team does not work."""
    spans: list[Minutes] = []
    for pool in pools:
        for team in pool.teams or (None,):
            span = ROUND_THE_CLOCK if team is None else _cut(pool.hours[weekday], team)
            spans += [span or (-1, -1)] * pool.team_size
    start, end = np.array(spans, np.int64).reshape(-1, 2).T
    return start, end


def _agenda(spans: tuple[Ints, Ints]) -> Agenda:
    """All that may be on the agenda of a day with these first and last minutes."""
    count = len(spans[0])
    minute, unit = np.concatenate([np.zeros(count, np.int64), *spans]), np.tile(np.arange(count), 3)
    place = np.lexsort((unit, minute))
    return Agenda(place, minute[place], unit[place], (place // count == 1).astype(np.int64))


def _cut(opening: Minutes | None, team: Minutes) -> Minutes | None:
    if opening is None:
        return None
    start, end = max(opening[0], team[0]), min(opening[1], team[1])
    return (start, end) if start < end else None
