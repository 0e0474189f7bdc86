"""The SimPy engine: a leg's papers and its lorry, each a journey from stage to stage. The only `yield`s stand here.

A journey asks a station to serve it and goes where the rules send it. The station alone chooses who serves, reads
its queue, computes the duration and schedules the end; that is what keeps this engine and `sim.posts.loop` equal.
"""

from collections import deque
from collections.abc import Generator, Iterable
from typing import Any

import numpy as np
import simpy
from simpy.events import Event

from sim.posts import process, rules
from sim.posts.constants import Constants
from sim.posts.legs import COUNTS, INPUTS, MEASURES, VISITS, LegRows, NewLegs
from sim.posts.process import Network
from sim.posts.tables import Floats, Ints

ROSTER, COMPLETION, ENTRY = 0, 1, 2
NEVER = 2**62
Walk = Generator[Event, Any, None]


def tie_key(event_class: int, station: int, leg: int) -> int:
    """Order of events within a tick: by class, station and leg; 0 and 1 are left to SimPy's own events."""
    return (event_class << 60) + (station << 44) + leg + 2


class Leg:
    """A lorry and its papers on one side of a post: inputs, and what has happened so far."""

    __slots__ = (
        *INPUTS,
        *COUNTS,
        *MEASURES,
        "critical_ms",
        "joined_at",
        "mark",
        "next_leg",
        "papers_done",
        "visits",
        "wake",
        "work_ms",
    )

    def __init__(self, row: tuple[Any, ...], slots: int) -> None:
        (
            self.id, self.desk, self.lane, self.paper_at, self.paper_node, self.goods_at, self.goods_node,
            self.follower, self.transit_ms, self.office, self.standing, self.partner, self.watched, self.prohibited,
            self.fiscal, self.scan, self.agency, self.machine_mismatch, self.reuses, self.mismatch, self.score,
            self.u_control, self.u_reroute, self.u_irregular, self.u_unit, self.u_query, self.z_image, self.concealment,
            self.compare_min, self.exam_min, self.exam_threshold, self.u_bribe, self.minutes,
        ) = row  # fmt: skip
        self.arrived_ms = self.gated_ms = self.lodged_ms = self.released_ms = -1
        self.outcome = self.channel = self.rule = 0
        self.detected = self.corrected = self.scanned = self.alarm = self.queries = self.bribed = self.held_up = 0
        self.document_unit = self.image_unit = self.exam_unit = self.exam_waiting = -1
        self.exam_level_min = 0
        self.score_used = self.thoroughness = self.dose = -1.0
        self.critical_ms = [0] * slots
        self.work_ms = [0] * slots
        self.visits = [0] * slots
        self.mark = 0
        self.joined_at = -1
        self.papers_done = self.paper_at < 0
        self.next_leg: Leg | None = None
        self.wake: Event | None = None

    def account(self, slot: int, now: int) -> None:
        """Charge the lorry's time since the last mark to a stage."""
        self.critical_ms[slot] += now - self.mark
        self.mark = now


class Stage:
    """One node of the network as plain attributes."""

    __slots__ = (
        "column", "desk", "effect", "goods", "is_gate", "kind", "node", "paced", "pressure", "route", "slot",
        "station", "to", "visits", "work",
    )  # fmt: skip

    def __init__(self, network: Network, node: int) -> None:
        self.node = node
        self.kind = int(network.node.kind[node])
        self.slot = int(network.node.slot[node])
        self.route = int(network.node.route[node])
        self.station = int(network.node.station[node])
        self.column = int(network.node.column[node])
        self.visits = int(network.node.visits[node])
        self.work = int(network.node.work[node])
        self.desk = int(network.node.desk[node])
        self.goods = bool(network.node.token[node] == process.GOODS)
        self.effect = EFFECTS.get(self.route)
        self.pressure = bool(network.node.pressure[node])
        self.paced = bool(network.node.paced[node])
        self.is_gate = bool(network.node.is_gate[node])
        self.to: list[int] = network.node.to[node].tolist()

    def minutes(self, leg: Leg) -> float:
        """Nominal minutes of this visit."""
        if self.work == process.EXAMINATION:
            return float(leg.exam_min)
        return float(leg.minutes[self.column + min(leg.visits[self.slot], self.visits - 1)])


class Pool:
    """Identified units: who is on duty, who is free and since when."""

    __slots__ = (
        "assignment", "base", "busy", "free", "has_reserve", "on_duty", "open_at", "rank", "stations", "step",
    )  # fmt: skip

    def __init__(self, network: Network, index: int) -> None:
        self.base = int(network.pool.base[index])
        self.open_at = int(network.pool.open_at[index])
        self.step = int(network.pool.step[index])
        self.assignment = int(network.pool.assignment[index])
        self.free: list[tuple[int, int]] = []
        self.on_duty: set[int] = set()
        self.busy: set[int] = set()
        self.rank: list[int] = network.unit.rank.tolist()
        self.has_reserve = bool(network.pool.reserve[index])
        self.stations: list[Station] = []

    def open_at_line(self, line: int) -> int:
        """Units on duty that may start work while so many wait."""
        if not self.has_reserve:
            return len(self.on_duty)
        base, open_at, step = self.base, self.open_at, self.step
        return sum(rules.reserve_opens(line, self.rank[unit], base, open_at, step) for unit in self.on_duty)

    def choose(self, line: int, u: float, partner: int) -> tuple[int, int] | None:
        """The free unit to serve next, or None: idle longest, lowest desk, or drawn; reserves only when open.

        What is steered to a partner of this pool goes to that officer wherever it is free.
        """
        ready = self.free
        if self.has_reserve:
            rank, base, open_at, step = self.rank, self.base, self.open_at, self.step
            ready = [f for f in ready if rules.reserve_opens(line, rank[f[1]], base, open_at, step)]
        if not ready:
            return None
        if partner >= 0:
            for unit in ready:
                if unit[1] == partner:
                    return unit
        if self.assignment == process.LONGEST_IDLE:
            return min(ready)
        by_desk = sorted(ready, key=lambda f: f[1])
        return by_desk[int(u * len(by_desk))] if self.assignment == process.DRAWN else by_desk[0]

    def take(self, unit: tuple[int, int]) -> None:
        """A free unit starts work."""
        self.free.remove(unit)
        self.busy.add(unit[1])

    def give_back(self, unit: int, now: int) -> None:
        """A unit has finished; it is free again if its shift still lasts."""
        self.busy.remove(unit)
        if unit in self.on_duty:
            self.free.append((now, unit))

    def change_shift(self, unit: int, works: int, now: int) -> None:
        """A shift starts or ends; work in hand is finished either way."""
        if works and unit not in self.on_duty:
            self.on_duty.add(unit)
            if unit not in self.busy:
                self.free.append((now, unit))
        elif not works and unit in self.on_duty:
            self.on_duty.remove(unit)
            self.free = [f for f in self.free if f[1] != unit]


class Station:
    """A queue of two classes, each first come first served, before its pools; it alone starts a service."""

    __slots__ = (
        "approach",
        "approach_slot",
        "border",
        "env",
        "index",
        "lanes",
        "lead",
        "limit",
        "pools",
        "refills",
    )

    def __init__(self, border: "JourneyEngine", index: int, pools: list[Pool]) -> None:
        network = border.network
        self.border = border
        self.env = border.env
        self.index = index
        self.pools = pools
        self.lead = int(network.station.lead[index])
        self.limit = int(network.station.limit[index])
        self.approach_slot = int(network.node.slot[network.station.feeder[index]]) if self.limit else -1
        self.lanes: tuple[deque[Any], deque[Any]] = (deque(), deque())
        self.approach: deque[Any] = deque()
        self.refills: list[Station] = []

    def serve(self, leg: Leg, stage: Stage, through_approach: bool = False) -> Event:
        """Queue a leg; the event returned fires when its service has ended, with who served it and how."""
        event = Event(self.env)
        event._ok = True
        event.callbacks = [self.finish]
        entry = (event, leg, stage)
        if through_approach:
            self.approach.append(entry)
        else:
            self.lanes[leg.lane].append(entry)
        self.refill()
        return event

    def refill(self) -> None:
        """Admit from the approach and start whoever can start, until nobody can."""
        first, second = self.lanes
        while True:
            self.admit()
            lane = first or second
            if not lane or not self.start(lane):
                return

    def admit(self) -> None:
        """Let the head of the approach into the lanes while there is room."""
        first, second = self.lanes
        while self.approach and len(first) + len(second) < self.limit:
            entry = self.approach.popleft()
            leg = entry[1]
            leg.account(self.approach_slot, self.env._now)
            self.lanes[leg.lane].append(entry)

    def start(self, lane: deque[Any]) -> bool:
        """Start the head of a lane if one unit of every pool is free; read the queue; schedule the end."""
        for pool in self.pools:
            if not pool.free:
                return False
        event, leg, stage = lane[0]
        line = len(self.lanes[0]) + len(self.lanes[1]) + len(self.approach)
        chosen = []
        partner = leg.partner if stage.work in (process.DOCUMENT_WORK, process.EXAMINATION) else -1
        for pool in self.pools:
            unit = pool.choose(line, leg.u_unit, partner)
            if unit is None:
                return False
            chosen.append(unit)
        lane.popleft()
        for pool, unit in zip(self.pools, chosen, strict=True):
            pool.take(unit)
        border, now = self.border, self.env._now
        waiting = line - 1
        lead = chosen[self.lead][1]
        hours = rules.hours_on_task(now, border.shift_start[lead])
        constants = border.constants
        thoroughness = hurry = 1.0
        if stage.pressure:
            table = border.pressure
            index = rules.pressure_index(waiting, self.pools[self.lead].open_at_line(line), len(table))
            thoroughness = hurry = table[index]
            hurry_ms = border.hurry_ms[stage.desk]
            if hurry_ms < NEVER:
                slot = border.query_slot[stage.desk]
                stood_ms = rules.on_the_clock(now, leg.arrived_ms, leg.critical_ms[slot] if slot >= 0 else 0)
                if stood_ms >= hurry_ms:
                    thoroughness = hurry = border.hurried[index]
                if stage.work == process.EXAMINATION and stood_ms >= border.deadline_ms[stage.desk]:
                    thoroughness = hurry = 0.0
            since = rules.pressed_since(border.pressed_ms[lead], index, constants.overwork_index, now)
            border.pressed_ms[lead] = since
            if rules.worn_out(since, now, constants.overwork_h) and hurry > 0.0:
                hurry = 1.0
        pace = rules.pace(border.pace[lead], hours, constants.pace_loss_per_h) if stage.paced else 1.0
        skill = border.skill[lead]
        extra = leg.compare_min if stage.work == process.DOCUMENT_WORK else 0.0
        minutes = rules.service_min(stage.minutes(leg), hurry, extra, skill, pace)
        duration = rules.to_ticks(minutes, constants.tick_ms)
        units = [u[1] for u in chosen]
        event._value = (units, lead, waiting, hours, thoroughness, skill, duration)
        if border.log is not None:
            border.log.append((now, self.index, leg.id, lead, waiting))
        self.env.schedule(event, tie_key(COMPLETION, self.index, leg.id), duration)
        return True

    def finish(self, event: Event) -> None:
        """Free the units and refill every station that needs one of them; the journey moves on after this."""
        units, _, _, _, _, _, duration = event._value
        now, busy = self.env._now, self.border.busy_ms
        for pool, unit in zip(self.pools, units, strict=True):
            busy[unit] += duration
            pool.give_back(unit, now)
        for station in self.refills:
            station.refill()


class JourneyEngine:
    """All posts in one SimPy environment, stopped and resumed by the model at midnight."""

    name = "simpy"

    def __init__(self, network: Network, constants: Constants, slots: int, log: bool = False) -> None:
        self.env = simpy.Environment(initial_time=0)
        self.network = network
        self.constants = constants
        self.pressure: list[float] = constants.pressure.tolist()
        self.hurried: list[float] = constants.hurried.tolist()
        self.query_slot: list[int] = network.desk.query_slot.tolist()
        self.hurry_ms = self.deadline_ms = [NEVER] * len(self.query_slot)
        self.down_ms = self.up_ms = [0] * len(self.query_slot)
        self.irregular: list[float] = constants.p_irregular.tolist()
        self.slots = slots
        self.log: list[tuple[int, int, int, int, int]] | None = [] if log else None
        units = len(network.unit.pool)
        self.shift_start = [0] * units
        self.pressed_ms = [-1] * units
        self.bribable: list[float] = [0.0] * units
        self.busy_ms = [0] * units
        self.stages = [Stage(network, node) for node in range(len(network.node.kind))]
        self.pools = [Pool(network, index) for index in range(len(network.pool.units))]
        self.stations = [
            Station(self, index, [self.pools[p] for p in row if p >= 0])
            for index, row in enumerate(network.station.pools.tolist())
        ]
        for s, station in enumerate(self.stations):
            first, last = network.station.refill_first[s], network.station.refill_end[s]
            station.refills = [self.stations[t] for t in network.refill[first:last]]
        for p, pool in enumerate(self.pools):
            first, last = network.pool.station_first[p], network.pool.station_end[p]
            pool.stations = [self.stations[t] for t in network.pool_station[first:last]]
        self.legs: dict[int, Leg] = {}
        self.finished: list[Leg] = []

    # -- what the model sets at midnight ------------------------------------------------------------------------

    def set_officers(self, skill: Floats, pace: Floats, criterion: Floats) -> None:
        """Skills, paces and image criteria of all units for the coming day."""
        self.skill: list[float] = skill.tolist()
        self.pace: list[float] = pace.tolist()
        self.criterion: list[float] = criterion.tolist()

    def set_integrity(self, bribable: Floats) -> None:
        """Probability with which each unit takes a bribe it is offered, for the coming day; 0 unless set."""
        self.bribable = bribable.tolist()

    def set_desks(self, random_red: Floats, random_yellow: Floats, red_at: Floats, yellow_at: Floats) -> None:
        """Random shares per desk and score thresholds per desk and lane for the coming day."""
        self.random_red: list[float] = random_red.tolist()
        self.random_yellow: list[float] = random_yellow.tolist()
        self.red_at: list[list[float]] = red_at.tolist()
        self.yellow_at: list[list[float]] = yellow_at.tolist()

    def set_deadlines(self, hurry_ms: Ints, deadline_ms: Ints) -> None:
        """Per desk, from which time on a lorry's work is hurried and its examination dropped; never unless set."""
        self.hurry_ms, self.deadline_ms = hurry_ms.tolist(), deadline_ms.tolist()

    def set_systems(self, down_ms: Ints, up_ms: Ints) -> None:
        """Per desk, from when until when its declaration system is down, as known for the coming day; never unless
        set."""
        self.down_ms, self.up_ms = down_ms.tolist(), up_ms.tolist()

    def schedule_roster(self, at_ms: Ints, unit: Ints, on: Ints) -> None:
        """Shift starts (`on` 1) and ends (0) of the coming day."""
        pools = self.network.unit.pool
        for when, who, works in zip(at_ms.tolist(), unit.tolist(), on.tolist(), strict=True):
            event = Event(self.env)
            event._ok = True
            event._value = (int(pools[who]), who, works)
            event.callbacks = [self._roster]
            self.env.schedule(event, tie_key(ROSTER, int(pools[who]), who), when - self.env._now)

    def _roster(self, event: Event) -> None:
        index, unit, works = event._value
        pool = self.pools[index]
        if works:
            self.shift_start[unit] = self.env._now
            self.pressed_ms[unit] = -1
        pool.change_shift(unit, works, self.env._now)
        for station in pool.stations:
            station.refill()

    def admit(self, new: NewLegs) -> None:
        """Take in the legs of a planning day: papers and lorries set out on their journeys."""
        columns = [new[name].tolist() for name in INPUTS]
        legs = [Leg(row, self.slots) for row in zip(*columns, strict=True)]
        start = self.env.process
        for leg in legs:
            self.legs[leg.id] = leg
            if leg.follower >= 0:
                leg.next_leg = legs[leg.follower]
            if leg.paper_at >= 0:
                start(self.papers(leg))
            if leg.goods_at >= 0:
                start(self.lorry(leg, leg.goods_at))

    def undecided(self) -> Ints:
        """Ids of lodged or awaited legs with papers that selectivity has not seen."""
        ids = [leg.id for leg in self.legs.values() if leg.paper_at >= 0 and leg.lodged_ms < 0]
        return np.array(sorted(ids), np.int64)

    def rescore(self, ids: Ints, score: Floats, watched: Ints) -> None:
        """Renew what selectivity will read of legs it has not seen."""
        for leg_id, value, flag in zip(ids.tolist(), score.tolist(), watched.tolist(), strict=True):
            leg = self.legs[leg_id]
            leg.score, leg.watched = value, flag

    def call_off_scans(self, desks: Ints) -> None:
        """Send no lorry of these desks to the scanner that does not stand there yet."""
        there = set(desks.tolist())
        for leg in self.legs.values():
            if leg.desk in there:
                leg.scan = 0

    # -- the day ------------------------------------------------------------------------------------------------

    def run(self, until_ms: int) -> None:
        """Run the half-open span up to `until_ms`; its own events belong to the next call."""
        self.env.run(until=until_ms)

    def papers(self, leg: Leg) -> Walk:
        """The papers, from the broker's desk to the last stamp; then the lorry waiting for them may go on."""
        node: int = leg.paper_node
        yield self.moment(leg, node, leg.paper_at - self.env._now)
        if leg.joined_at >= 0:  # the lorry was there before its papers: the trader's time
            leg.account(int(self.network.desk.join_slot[leg.desk]), self.env._now)
        while node >= 0:
            stage = self.stages[node]
            wait = self.enter(leg, stage)
            service = None if wait is None else (yield wait)
            node = self.leave(leg, stage, service)
        leg.papers_done = True
        if leg.outcome == rules.STOPPED_BEFORE:
            self.close(leg)
        elif leg.wake is not None:
            leg.wake.succeed()

    def lorry(self, leg: Leg, at_ms: int) -> Walk:
        """The lorry, from the end of the queue to the open barrier."""
        node: int = leg.goods_node
        yield self.moment(leg, node, at_ms - self.env._now)
        leg.arrived_ms = leg.mark = self.env._now
        while node >= 0:
            stage = self.stages[node]
            wait = self.enter(leg, stage)
            service = None if wait is None else (yield wait)
            node = self.leave(leg, stage, service)
        self.end_of_leg(leg, node)

    def moment(self, leg: Leg, node: int, delay_ms: int) -> Event:
        """An event of the leg's own (arrival, lodgement, answer), after the completions of its tick."""
        event = Event(self.env)
        event._ok = True
        event._value = None
        self.env.schedule(event, tie_key(ENTRY, node, leg.id), delay_ms)
        return event

    def enter(self, leg: Leg, stage: Stage) -> Event | None:
        """What a token must wait for at a stage; None where a stage takes no time."""
        kind = stage.kind
        if kind == process.SERVED:
            return self.stations[stage.station if stage.station >= 0 else leg.office].serve(leg, stage)
        if kind == process.APPROACH:
            lanes = self.stages[stage.to[0]]
            return self.stations[lanes.station].serve(leg, lanes, through_approach=True)
        if kind == process.DELAY:
            duration = rules.to_ticks(stage.minutes(leg), self.constants.tick_ms)
            return self.moment(leg, stage.node, self.until_up(leg, stage) + duration)
        if kind == process.JOIN and not leg.papers_done:
            leg.joined_at = self.env._now
            leg.wake = Event(self.env)
            return leg.wake
        return None

    def until_up(self, leg: Leg, stage: Stage) -> int:
        """How long a declaration waits for the systems it needs: its own country's, and the other side's where it
        takes over data from there."""
        if stage.route != process.VALIDATION:
            return 0
        now = begin = self.env._now
        sides = (stage.desk, stage.desk ^ 1, stage.desk) if leg.reuses else (stage.desk,)
        for desk in sides:
            begin = rules.up_again(begin, self.down_ms[desk], self.up_ms[desk])
        leg.held_up |= int(begin > now)
        return int(begin - now)

    def leave(self, leg: Leg, stage: Stage, service: Any) -> int:
        """Charge the time, let the stage have its effect, and return the next node (or the end reached)."""
        if stage.kind == process.APPROACH:  # its lanes have served the lorry as well
            stage = self.stages[stage.to[0]]
        if stage.goods or leg.joined_at >= 0:
            leg.account(stage.slot, self.env._now)
        leg.visits[stage.slot] += 1
        if service is not None and stage.kind != process.DELAY:
            leg.work_ms[stage.slot] += service[-1]
        if stage.is_gate:
            leg.gated_ms = self.env._now
        effect = stage.effect
        return stage.to[effect(self, leg, stage, service) if effect else 0]

    def end_of_leg(self, leg: Leg, end: int) -> None:
        """Close a leg at the barrier; a released lorry drives on, a seized one never reaches its further legs."""
        leg.released_ms = self.env._now
        onward = leg.next_leg
        if end == process.END_SEIZED:
            leg.outcome = rules.SEIZED
            while onward is not None:
                onward.outcome = rules.STOPPED_BEFORE
                if onward.papers_done:
                    self.close(onward)
                onward = onward.next_leg
        else:
            leg.outcome = rules.CORRECTED if leg.corrected else rules.RELEASED
            if onward is not None:
                self.env.process(self.lorry(onward, self.env._now + leg.transit_ms))
        self.close(leg)

    def close(self, leg: Leg) -> None:
        """Move a leg from the live to the finished."""
        del self.legs[leg.id]
        self.finished.append(leg)

    # -- effects of stages, by routing rule ---------------------------------------------------------------------

    def _validation(self, leg: Leg, stage: Stage, _: Any) -> int:
        return 1 if leg.machine_mismatch and leg.visits[stage.slot] == 1 else 0

    def _channel(self, leg: Leg, stage: Stage, _: Any) -> int:
        desk = leg.desk
        channel, rule = rules.choose_channel(
            leg.score,
            leg.watched,
            leg.u_control,
            self.random_red[desk],
            self.random_yellow[desk],
            self.red_at[desk][leg.standing],
            self.yellow_at[desk][leg.standing],
        )
        constants = self.constants
        leg.channel, leg.rule = rules.reroute(
            channel, rule, leg.u_reroute, constants.reroute_up, constants.reroute_down
        )
        leg.score_used = leg.score
        if not stage.goods:
            leg.lodged_ms = self.env._now
        return leg.channel

    def _document(self, leg: Leg, stage: Stage, service: Any) -> int:
        _, leg.document_unit, _, _, thoroughness, skill, _ = service
        constants, visit = self.constants, leg.visits[stage.slot] - 1
        bribable = self.bribable[leg.document_unit]
        if rules.takes_bribe(leg.u_bribe, bribable, leg.document_unit == leg.partner):
            leg.bribed |= rules.PAID_CHECK
            return 2 if leg.corrected else 0
        if leg.fiscal and rules.finds_irregularity(
            leg.u_irregular, self.irregular[leg.fiscal], thoroughness, skill, constants.reference_skill
        ):
            leg.corrected = 1
        if visit < VISITS and rules.raises_query(
            leg.mismatch[visit], leg.u_query[visit], constants.query_p_base, constants.query_p_skill, skill
        ):
            leg.queries += 1
            return 1
        if rules.holds_file(leg.u_bribe, bribable, visit):
            leg.bribed |= rules.HELD
            leg.queries += 1
            return 1
        return 2 if leg.corrected else 0

    def _control(self, leg: Leg, _stage: Stage, _: Any) -> int:
        if leg.scan:
            return 1
        return 2 if leg.channel == rules.RED else 0

    def _image(self, leg: Leg, _stage: Stage, service: Any) -> int:
        _, lead, _, hours, _, skill, _ = service
        constants = self.constants
        leg.scanned, leg.image_unit = 1, lead
        d_prime = constants.d_base + constants.d_skill * (skill - 0.5)
        leg.alarm |= int(
            rules.image_alarm(
                leg.z_image, leg.prohibited, d_prime, self.criterion[lead], hours, constants.criterion_per_h
            )
        )
        return 1 if leg.alarm or leg.channel == rules.RED else 0

    def _found(self, leg: Leg, _stage: Stage, service: Any) -> int:
        if service[4] == 0.0:
            leg.thoroughness = 0.0
            return 0
        _, leg.exam_unit, leg.exam_waiting, hours, leg.thoroughness, skill, _ = service
        constants = self.constants
        leg.exam_level_min = int(leg.exam_min)
        leg.dose = rules.dose(
            leg.thoroughness,
            leg.exam_min,
            constants.dose_per_min,
            skill,
            constants.reference_skill,
            rules.vigilance(hours, constants.vigilance_loss_per_h),
            constants.equipment,
            leg.concealment,
        )
        found = int(bool(leg.prohibited) and leg.dose >= leg.exam_threshold)
        if found and rules.takes_bribe(leg.u_bribe, self.bribable[leg.exam_unit], leg.exam_unit == leg.partner):
            leg.bribed |= rules.SOLD_FIND
            found = 0
        leg.detected |= found  # a second examination that finds nothing does not undo a find
        return found

    def _agency(self, leg: Leg, _stage: Stage, _: Any) -> int:
        return int(leg.agency)

    def _share(self, leg: Leg, stage: Stage, _: Any) -> int:
        return int(leg.minutes[stage.column])

    # -- what the ledger takes at midnight ----------------------------------------------------------------------

    def take_finished(self) -> LegRows:
        """Rows of the legs finished since the last call, in order of side and id."""
        rows = _rows(self.finished, self.slots)
        self.finished = []
        return rows

    def live_rows(self) -> LegRows:
        """Rows of the legs still in process, in order of side and id."""
        return _rows(self.legs.values(), self.slots)

    def standing(self) -> tuple[Ints, Ints]:
        """Ids of the legs whose lorry has arrived and not left, in order, and when it arrived."""
        there = sorted((leg.id, leg.arrived_ms) for leg in self.legs.values() if leg.arrived_ms >= 0)
        ids, arrived = np.array(there, np.int64).reshape(-1, 2).T
        return ids, arrived

    def waiting(self) -> Ints:
        """Legs waiting at each station, its approach included."""
        return np.array([len(s.lanes[0]) + len(s.lanes[1]) + len(s.approach) for s in self.stations], np.int64)

    def busy(self) -> Ints:
        """Milliseconds each unit has worked so far, in finished services."""
        return np.array(self.busy_ms, np.int64)


def _rows(unsorted: Iterable[Leg], slots: int) -> LegRows:
    legs = sorted(unsorted, key=lambda leg: (leg.id & 1, leg.id))
    columns = {name: [getattr(leg, name) for leg in legs] for name in ("id", *COUNTS, *MEASURES)}
    times = ([leg.critical_ms for leg in legs], [leg.work_ms for leg in legs])
    return LegRows.of(columns, *(np.array(by_stage, np.int64).reshape(-1, slots) for by_stage in times))


EFFECTS = {
    process.VALIDATION: JourneyEngine._validation,
    process.CHANNEL: JourneyEngine._channel,
    process.DOCUMENT: JourneyEngine._document,
    process.CONTROL: JourneyEngine._control,
    process.IMAGE: JourneyEngine._image,
    process.FOUND: JourneyEngine._found,
    process.AGENCY: JourneyEngine._agency,
    process.SHARE: JourneyEngine._share,
}
"""What completing a stage does, by its routing rule; each returns the number of the outcome."""
