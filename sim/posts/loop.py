"""The same flow as `sim.posts.journey`, written once over arrays in the subset of Python that numba compiles.

Run as it stands it is the oracle the SimPy engine is held against; compiled (`sim.posts.compiled`) it is the fast
engine. A token is coded as `2 * slot + token` (0 papers, 1 goods); slots are reused, ids break ties.
"""

from typing import Any, NamedTuple

from sim.posts import rules
from sim.posts.constants import Constants
from sim.posts.legs import LEG_WIDTHS, VISITS, Legs
from sim.posts.process import (
    AGENCY,
    APPROACH,
    CHANNEL,
    CONTROL,
    DELAY,
    DOCUMENT,
    DOCUMENT_WORK,
    DRAWN,
    END_SEIZED,
    EXAMINATION,
    FOUND,
    GOODS,
    IMAGE,
    JOIN,
    LONGEST_IDLE,
    MAX_POOLS,
    SERVED,
    SHARE,
    VALIDATION,
    Network,
)
from sim.posts.rules import (
    HELD,
    PAID_CHECK,
    RED,
    SOLD_FIND,
    beyond_first_hour,
    choose_channel,
    dose,
    finds_irregularity,
    holds_file,
    hours_on_task,
    image_alarm,
    on_the_clock,
    pace,
    pressed_since,
    pressure_index,
    raises_query,
    reroute,
    reserve_opens,
    service_min,
    takes_bribe,
    to_ticks,
    up_again,
    vigilance,
    worn_out,
)
from sim.posts.tables import Flags, Floats, Ints, Shorts

COMPLETION, ENTRY = 1, 2
HEAP_SIZE, HEAP_OPEN, CALENDAR_AT, CALENDAR_SIZE, COMING_AT, COMING_SIZE, FINISHED, LOGGED = range(8)
NEVER = 2**62
APPROACH_LANE = 2
AHEAD = 4
"""How many legs ahead rows are fetched."""
CORRECTED, RELEASED, SEIZED, STOPPED_BEFORE = (
    rules.CORRECTED,
    rules.RELEASED,
    rules.SEIZED,
    rules.STOPPED_BEFORE,
)


class Tokens(NamedTuple):
    """Two rows per leg, papers and lorry: where each is, who stands behind it, and who leads its service."""

    node: Shorts
    behind: Shorts
    lead: Shorts


class Stages(NamedTuple):
    """A row per leg and stage: the lorry's time there, and time served."""

    critical_ms: Ints
    work_ms: Ints


class Queues(NamedTuple):
    """Per station: length, first and last token of each lane, and of the approach as a third."""

    length: Shorts
    head: Shorts
    tail: Shorts


class UnitStates(NamedTuple):
    """Per unit: where it stands, and what the model sets each midnight.

    Units on duty and free stand in their pool's list of the ready, the longest idle first, ties in order of unit:
    `sooner` and `later` are its neighbours there; `ready_since` is `NEVER` for all others.
    """

    ready_since: Ints
    shift_start: Ints
    pressed_ms: Ints
    busy_ms: Ints
    skill: Floats
    pace: Floats
    criterion: Floats
    bribable: Floats
    sooner: Shorts
    later: Shorts
    on_duty: Flags
    busy: Flags


class Services(NamedTuple):
    """Per unit: the service it leads; units it holds, how long it lasts, and what held at its start."""

    held: Ints
    duration: Ints
    waiting: Ints
    hours: Floats
    thoroughness: Floats
    skill: Floats


class PoolStates(NamedTuple):
    """Per pool: how many of its units are on duty, how many of these ready (free), and the first and last of them."""

    on_duty: Ints
    ready: Ints
    first: Ints
    last: Ints


class DeskStates(NamedTuple):
    """Per desk, what the model sets at midnight: random shares, score thresholds per lane, from when until when its
    declaration system is down, and, where a release target is published, from which time on a lorry's work is hurried
    and its examination dropped (else `NEVER`)."""

    random_red: Floats
    random_yellow: Floats
    red_at: Floats
    yellow_at: Floats
    hurry_ms: Ints
    deadline_ms: Ints
    down_ms: Ints
    up_ms: Ints


class Events(NamedTuple):
    """When, under which tie key, and which token: the heap, and the sorted list of those still to set out."""

    at_ms: Ints
    key: Ints
    token: Ints


class Shifts(NamedTuple):
    """The calendar: when which unit comes on duty (`on` 1) or goes off."""

    at_ms: Ints
    unit: Ints
    on: Ints


WIDTHS: dict[str, int | tuple[int, ...]] = {
    **{"held": MAX_POOLS, "head": 3, "tail": 3, "length": 3, "red_at": 2, "yellow_at": 2},
    **LEG_WIDTHS,
}
"""Columns of the tables above that hold more than one number a row."""


class Flow(NamedTuple):
    """The state of all posts besides the legs.

    Attributes
    ----------
    token, stage, queue, unit, service, pool, desk, event, coming, calendar : tables; `stage` has a row per (leg, slot)
    visits : (legs, slots) visits to each stage so far
    minutes : (legs, columns) nominal minutes per stage and visit
    finished : slots of legs finished and not yet taken
    log : service starts (time, station, leg, officer, waiting); no room outside tests
    scalar : sizes and positions, by the names `HEAP_SIZE` ... `LOGGED`; `HEAP_OPEN` is 1 while the first event is taken
    """

    token: Tokens
    stage: Stages
    queue: Queues
    unit: UnitStates
    service: Services
    pool: PoolStates
    desk: DeskStates
    event: Events
    coming: Events
    calendar: Shifts
    visits: Flags
    minutes: Floats
    finished: Ints
    log: Ints
    scalar: Ints


def push(flow: Flow, at_ms: int, key: int, token: int) -> None:
    """Add an event to the heap; where the first has just been taken, in its place."""
    if flow.scalar[HEAP_OPEN]:
        flow.scalar[HEAP_OPEN] = 0
        sink(flow, at_ms, key, token)
        return
    times, keys, tokens = flow.event.at_ms, flow.event.key, flow.event.token
    j = flow.scalar[HEAP_SIZE]
    flow.scalar[HEAP_SIZE] = j + 1
    while j > 0:
        parent = (j - 1) >> 1
        if times[parent] < at_ms or (times[parent] == at_ms and keys[parent] < key):
            break
        times[j], keys[j], tokens[j] = times[parent], keys[parent], tokens[parent]
        j = parent
    times[j], keys[j], tokens[j] = at_ms, key, token


def sink(flow: Flow, at_ms: int, key: int, token: int) -> None:
    """Put an event at the top of the heap and let it sink to its place. Times beyond the heap are `NEVER`."""
    times, keys, tokens = flow.event.at_ms, flow.event.key, flow.event.token
    size = flow.scalar[HEAP_SIZE]
    j, child = 0, 1
    while child < size:
        other = child + 1
        if times[other] == times[child]:
            child = other if keys[other] < keys[child] else child
        else:
            child += int(times[other] < times[child])  # no branch: a guess would be wrong half of the time
        if at_ms < times[child] or (at_ms == times[child] and key < keys[child]):
            break
        times[j], keys[j], tokens[j] = times[child], keys[child], tokens[child]
        j, child = child, 2 * child + 1
    times[j], keys[j], tokens[j] = at_ms, key, token


def close_heap(flow: Flow) -> None:
    """Where the first event has been taken and none came in its place: the last takes it."""
    last = flow.scalar[HEAP_SIZE] - 1
    at_ms, key, token = flow.event.at_ms[last], flow.event.key[last], flow.event.token[last]
    flow.event.at_ms[last] = NEVER
    flow.scalar[HEAP_SIZE], flow.scalar[HEAP_OPEN] = last, 0
    if last > 0:
        sink(flow, at_ms, key, token)


def tie_key(event_class: int, station: Any, leg: Any) -> Any:
    """Order of events within a tick: by class, station and leg (numbers, or arrays of them)."""
    return (event_class << 60) + (station << 44) + leg


def schedule(legs: Legs, flow: Flow, at_ms: int, event_class: int, station: int, token: int) -> None:
    """Put a token's event on the heap under its tie key."""
    push(flow, at_ms, tie_key(event_class, int(station), legs.id[token >> 1]), token)


def queue_up(flow: Flow, station: int, lane: int, token: int) -> None:
    """Join the end of a lane."""
    flow.token.behind[token] = -1
    last = flow.queue.tail[station, lane]
    if last < 0:
        flow.queue.head[station, lane] = token
    else:
        flow.token.behind[last] = token
    flow.queue.tail[station, lane] = token
    flow.queue.length[station, lane] += 1


def leave_queue(net: Network, legs: Legs, flow: Flow, station: int, lane: int) -> int:
    """Take the head of a lane; who is next will be needed soon."""
    token = flow.queue.head[station, lane]
    following = flow.token.behind[token]
    flow.queue.head[station, lane] = following
    if following < 0:
        flow.queue.tail[station, lane] = -1
    else:
        fetch_start(net, legs, flow, following)
    flow.queue.length[station, lane] -= 1
    return token


def opens(net: Network, pool: int, unit: int, line: int) -> bool:
    """Whether a unit may start work while so many wait (reserves open with the line)."""
    return reserve_opens(line, net.unit.rank[unit], net.pool.base[pool], net.pool.open_at[pool], net.pool.step[pool])


def may_start(net: Network, flow: Flow, pool: int, unit: int, line: int) -> bool:
    """Whether a unit is on duty, free, and open at this line."""
    return flow.unit.ready_since[unit] < NEVER and opens(net, pool, unit, line)


def make_ready(net: Network, flow: Flow, unit: int, now: int) -> None:
    """Put a unit, free and on duty from now on, at the end of its pool's list of the ready (in order within a tick)."""
    ready_since, sooner, later = flow.unit.ready_since, flow.unit.sooner, flow.unit.later
    pool = net.unit.pool[unit]
    before, behind = flow.pool.last[pool], -1
    while before > unit and ready_since[before] == now:
        before, behind = sooner[before], before
    ready_since[unit], sooner[unit], later[unit] = now, before, behind
    if before < 0:
        flow.pool.first[pool] = unit
    else:
        later[before] = unit
    if behind < 0:
        flow.pool.last[pool] = unit
    else:
        sooner[behind] = unit
    flow.pool.ready[pool] += 1


def unready(net: Network, flow: Flow, unit: int) -> None:
    """Take a unit out of its pool's list of the ready."""
    pool = net.unit.pool[unit]
    before, behind = flow.unit.sooner[unit], flow.unit.later[unit]
    if before < 0:
        flow.pool.first[pool] = behind
    else:
        flow.unit.later[before] = behind
    if behind < 0:
        flow.pool.last[pool] = before
    else:
        flow.unit.sooner[behind] = before
    flow.unit.ready_since[unit] = NEVER
    flow.pool.ready[pool] -= 1


def choose_unit(net: Network, flow: Flow, pool: int, line: int, u: float, partner: int) -> int:
    """The free unit to serve next, or -1: idle longest, lowest desk, or drawn; reserves only when open.

    What is steered to a partner of this pool goes to that officer wherever it is free.
    """
    if flow.pool.ready[pool] == 0:
        return -1
    first, count = net.pool.first_unit[pool], net.pool.units[pool]
    if first <= partner < first + count and may_start(net, flow, pool, partner, line):
        return partner
    assignment = net.pool.assignment[pool]
    if assignment == LONGEST_IDLE:
        unit = flow.pool.first[pool]
        while unit >= 0 and not opens(net, pool, unit, line):
            unit = flow.unit.later[unit]
        return unit
    wanted = 0
    if assignment == DRAWN:
        for unit in range(first, first + count):
            wanted += may_start(net, flow, pool, unit, line)
        wanted = int(u * wanted)
    for unit in range(first, first + count):
        if may_start(net, flow, pool, unit, line):
            if wanted == 0:
                return unit
            wanted -= 1
    return -1


def open_at_line(net: Network, flow: Flow, pool: int, line: int) -> int:
    """Units on duty that may start work while so many wait."""
    if net.pool.reserve[pool] == 0:
        return flow.pool.on_duty[pool]
    first, count, desks = net.pool.first_unit[pool], net.pool.units[pool], 0
    for unit in range(first, first + count):
        if flow.unit.on_duty[unit] == 1 and opens(net, pool, unit, line):
            desks += 1
    return desks


def account(legs: Legs, flow: Flow, leg: int, slot: int, now: int) -> None:
    """Charge the lorry's time since the last mark to a stage; most take none, and are not fetched for nothing."""
    if legs.mark[leg] < now:
        flow.stage.critical_ms[leg, slot] += now - legs.mark[leg]
        legs.mark[leg] = now


def nominal_min(net: Network, legs: Legs, flow: Flow, leg: int, node: int) -> float:
    """Nominal minutes of this visit."""
    if net.node.work[node] == EXAMINATION:
        return legs.exam_min[leg]
    visit = min(flow.visits[leg, net.node.slot[node]], net.node.visits[node] - 1)
    return flow.minutes[leg, net.node.column[node] + visit]


def start(net: Network, legs: Legs, flow: Flow, c: Constants, station: int, lane: int, now: int) -> bool:
    """Start the head of a lane if one unit of every pool is free; read the queue; schedule the end."""
    place = net.station.lead[station]
    if flow.pool.ready[net.station.pools[station, place]] == 0:
        return False
    token = flow.queue.head[station, lane]
    leg = token >> 1
    line = flow.queue.length[station, 0] + flow.queue.length[station, 1] + flow.queue.length[station, APPROACH_LANE]
    node = flow.token.node[token]
    work = net.node.work[node]
    partner = legs.partner[leg] if work in (DOCUMENT_WORK, EXAMINATION) else -1
    lead = choose_unit(net, flow, net.station.pools[station, place], line, legs.u_unit[leg], partner)
    if lead < 0:
        return False
    service, count = flow.service, net.station.needs[station]
    service.held[lead, place] = lead
    for k in range(count):
        if k != place:
            unit = choose_unit(net, flow, net.station.pools[station, k], line, legs.u_unit[leg], partner)
            if unit < 0:
                return False
            service.held[lead, k] = unit
    leave_queue(net, legs, flow, station, lane)
    for k in range(count):
        unit = service.held[lead, k]
        flow.unit.busy[unit] = 1
        unready(net, flow, unit)
    waiting = line - 1
    hours = hours_on_task(now, flow.unit.shift_start[lead])
    thoroughness = hurry = 1.0
    if net.node.pressure[node]:
        desks = open_at_line(net, flow, net.station.pools[station, place], line)
        index = pressure_index(waiting, desks, c.pressure.size)
        thoroughness = hurry = c.pressure[index]
        desk = net.node.desk[node]
        if flow.desk.hurry_ms[desk] < NEVER:
            stood_ms = on_the_clock(now, legs.arrived_ms[leg], stopped(net, flow, leg, desk))
            if stood_ms >= flow.desk.hurry_ms[desk]:
                thoroughness = hurry = c.hurried[index]
            if work == EXAMINATION and stood_ms >= flow.desk.deadline_ms[desk]:
                thoroughness = hurry = 0.0
        flow.unit.pressed_ms[lead] = pressed_since(flow.unit.pressed_ms[lead], index, c.overwork_index, now)
        if worn_out(flow.unit.pressed_ms[lead], now, c.overwork_h) and hurry > 0.0:
            hurry = 1.0
    pace_now = 1.0
    if net.node.paced[node]:
        pace_now = pace(flow.unit.pace[lead], hours, c.pace_loss_per_h)
    skill = flow.unit.skill[lead]
    extra = 0.0
    if work == DOCUMENT_WORK:
        extra = legs.compare_min[leg]
    minutes = service_min(nominal_min(net, legs, flow, leg, node), hurry, extra, skill, pace_now)
    duration = to_ticks(minutes, c.tick_ms)
    flow.token.lead[token] = lead
    service.duration[lead], service.waiting[lead] = duration, waiting
    service.hours[lead], service.thoroughness[lead], service.skill[lead] = hours, thoroughness, skill
    write_log(legs, flow, now, station, leg, lead, waiting)
    schedule(legs, flow, now + duration, COMPLETION, station, token)
    return True


def stopped(net: Network, flow: Flow, leg: int, desk: int) -> int:
    """Time the lorry stood while its papers were with the broker for an answer, ms."""
    slot = net.desk.query_slot[desk]
    return flow.stage.critical_ms[leg, slot] if slot >= 0 else 0


def write_log(legs: Legs, flow: Flow, now: int, station: int, leg: int, lead: int, waiting: int) -> None:
    """Note a start while the log has room (it has none outside tests)."""
    n = flow.scalar[LOGGED]
    if n < flow.log.shape[0]:
        flow.log[n, 0], flow.log[n, 1], flow.log[n, 2] = now, station, legs.id[leg]
        flow.log[n, 3], flow.log[n, 4] = lead, waiting
        flow.scalar[LOGGED] = n + 1


def refill(net: Network, legs: Legs, flow: Flow, c: Constants, station: int, now: int) -> None:
    """Admit from the approach and start whoever can start, until nobody can."""
    while True:
        while (
            flow.queue.length[station, APPROACH_LANE] > 0
            and flow.queue.length[station, 0] + flow.queue.length[station, 1] < net.station.limit[station]
        ):
            token = leave_queue(net, legs, flow, station, APPROACH_LANE)
            account(legs, flow, token >> 1, net.node.slot[net.station.feeder[station]], now)
            queue_up(flow, station, legs.lane[token >> 1], token)
        lane = 0 if flow.queue.length[station, 0] > 0 else 1
        if flow.queue.length[station, lane] == 0 or not start(net, legs, flow, c, station, lane, now):
            return


def enter(net: Network, legs: Legs, flow: Flow, c: Constants, token: int, now: int) -> bool:
    """Bring a token to its node; True where the node takes no time and the token may leave at once."""
    leg = token >> 1
    node = flow.token.node[token]
    kind = net.node.kind[node]
    if kind in (SERVED, APPROACH):
        lane = APPROACH_LANE
        if kind == SERVED:
            lane = legs.lane[leg]
        else:
            node = net.node.to[node, 0]
            flow.token.node[token] = node
        station = net.node.station[node]
        if station < 0:
            station = int(legs.office[leg])
        queue_up(flow, station, lane, token)
        refill(net, legs, flow, c, station, now)
        return False
    if kind == DELAY:
        duration = to_ticks(nominal_min(net, legs, flow, leg, node), c.tick_ms)
        begin = now
        if net.node.route[node] == VALIDATION:
            begin = lodging(legs, flow, leg, net.node.desk[node], now)
        schedule(legs, flow, begin + duration, ENTRY, node, token)
        return False
    if kind == JOIN and legs.papers_done[leg] == 0:
        legs.joined[leg] = 1
        legs.joined_node[leg] = node
        return False
    return True


def lodging(legs: Legs, flow: Flow, leg: int, desk: int, now: int) -> int:
    """From when on the systems a declaration needs are up: its own country's, and where it takes over data the other
    side's too. Whichever comes up may find the other down, but no system fails twice on a day."""
    down_ms, up_ms = flow.desk.down_ms, flow.desk.up_ms
    begin = up_again(now, down_ms[desk], up_ms[desk])
    if legs.reuses[leg]:
        begin = up_again(begin, down_ms[desk ^ 1], up_ms[desk ^ 1])
        begin = up_again(begin, down_ms[desk], up_ms[desk])
    if begin > now:
        legs.held_up[leg] = 1
    return begin


def effect(net: Network, legs: Legs, flow: Flow, c: Constants, token: int, now: int) -> int:
    """What completing a stage does, by its routing rule; returns the number of the outcome."""
    leg = token >> 1
    node = flow.token.node[token]
    route = net.node.route[node]
    if route == VALIDATION:
        if legs.machine_mismatch[leg] and flow.visits[leg, net.node.slot[node]] == 1:
            return 1
        return 0
    if route == CHANNEL:
        return select(net, legs, flow, c, token, now)
    if route == DOCUMENT:
        return check_documents(net, legs, flow, c, token)
    if route == CONTROL:
        if legs.scan[leg]:
            return 1
        return 2 if legs.channel[leg] == RED else 0
    if route == IMAGE:
        return read_image(legs, flow, c, token)
    if route == FOUND:
        return examine(legs, flow, c, token)
    if route == AGENCY:
        return 1 if legs.agency[leg] else 0
    if route == SHARE:
        return int(flow.minutes[leg, net.node.column[node]])
    return 0


def select(net: Network, legs: Legs, flow: Flow, c: Constants, token: int, now: int) -> int:
    """Selectivity: the channel of a declaration."""
    leg = token >> 1
    desk, standing = legs.desk[leg], legs.standing[leg]
    channel, rule = choose_channel(
        legs.score[leg],
        legs.watched[leg],
        legs.u_control[leg],
        flow.desk.random_red[desk],
        flow.desk.random_yellow[desk],
        flow.desk.red_at[desk, standing],
        flow.desk.yellow_at[desk, standing],
    )
    channel, rule = reroute(channel, rule, legs.u_reroute[leg], c.reroute_up, c.reroute_down)
    legs.channel[leg], legs.rule[leg], legs.selected[leg] = channel, rule, 1
    if net.node.token[flow.token.node[token]] != GOODS:
        legs.lodged_ms[leg] = now
    return channel


def check_documents(net: Network, legs: Legs, flow: Flow, c: Constants, token: int) -> int:
    """A document check: irregularities found, a query raised."""
    leg = token >> 1
    lead = flow.token.lead[token]
    thoroughness, skill = flow.service.thoroughness[lead], flow.service.skill[lead]
    legs.document_unit[leg] = lead
    visit = flow.visits[leg, net.node.slot[flow.token.node[token]]] - 1
    bribable = flow.unit.bribable[flow.token.lead[token]]
    if takes_bribe(legs.u_bribe[leg], bribable, flow.token.lead[token] == legs.partner[leg]):
        legs.bribed[leg] |= PAID_CHECK
        return 2 if legs.corrected[leg] else 0
    kind = legs.fiscal[leg]
    if kind and finds_irregularity(legs.u_irregular[leg], c.p_irregular[kind], thoroughness, skill, c.reference_skill):
        legs.corrected[leg] = 1
    if visit < VISITS and raises_query(
        legs.mismatch[leg, visit], legs.u_query[leg, visit], c.query_p_base, c.query_p_skill, skill
    ):
        legs.queries[leg] += 1
        return 1
    if holds_file(legs.u_bribe[leg], bribable, visit):
        legs.bribed[leg] |= HELD
        legs.queries[leg] += 1
        return 1
    return 2 if legs.corrected[leg] else 0


def read_image(legs: Legs, flow: Flow, c: Constants, token: int) -> int:
    """A scan image is read; an alarm, or a red channel, leads to examination."""
    leg, lead = token >> 1, flow.token.lead[token]
    legs.scanned[leg], legs.image_unit[leg] = 1, lead
    d_prime = c.d_base + c.d_skill * (flow.service.skill[lead] - 0.5)
    if image_alarm(
        legs.z_image[leg],
        legs.prohibited[leg],
        d_prime,
        flow.unit.criterion[lead],
        flow.service.hours[lead],
        c.criterion_per_h,
    ):
        legs.alarm[leg] = 1
    return 1 if legs.alarm[leg] or legs.channel[leg] == RED else 0


def examine(legs: Legs, flow: Flow, c: Constants, token: int) -> int:
    """An examination: prohibited goods are found iff the dose reaches the leg's threshold. Overdue, it is dropped."""
    leg, lead, service = token >> 1, flow.token.lead[token], flow.service
    if service.thoroughness[lead] == 0.0:
        legs.thoroughness[leg] = 0.0
        return 0
    legs.exam_unit[leg], legs.exam_waiting[leg] = lead, service.waiting[lead]
    legs.thoroughness[leg] = service.thoroughness[lead]
    legs.exam_level_min[leg] = int(legs.exam_min[leg])
    legs.dose[leg] = dose(
        legs.thoroughness[leg],
        legs.exam_min[leg],
        c.dose_per_min,
        service.skill[lead],
        c.reference_skill,
        vigilance(service.hours[lead], c.vigilance_loss_per_h),
        c.equipment,
        legs.concealment[leg],
    )
    if legs.prohibited[leg] and legs.dose[leg] >= legs.exam_threshold[leg]:
        if takes_bribe(legs.u_bribe[leg], flow.unit.bribable[lead], lead == legs.partner[leg]):
            legs.bribed[leg] |= SOLD_FIND
            return 0
        legs.detected[leg] = 1
        return 1
    return 0


def leave(net: Network, legs: Legs, flow: Flow, c: Constants, token: int, now: int) -> int:
    """Charge the time, let the stage have its effect, and return the next node (or the end reached)."""
    leg = token >> 1
    node = flow.token.node[token]
    slot = net.node.slot[node]
    if token & 1 == GOODS or legs.joined[leg]:
        account(legs, flow, leg, slot, now)
    flow.visits[leg, slot] += 1
    if net.node.is_gate[node]:
        legs.gated_ms[leg] = now
    return net.node.to[node, effect(net, legs, flow, c, token, now)]


def advance(net: Network, legs: Legs, flow: Flow, c: Constants, token: int, onward: int, now: int) -> None:
    """Bring a token to a node and on from there, until it must wait or has reached an end."""
    leg = token >> 1
    while True:
        if onward >= 0:
            flow.token.node[token] = onward
            if not enter(net, legs, flow, c, token, now):
                return
        elif token & 1 == GOODS:
            end_of_leg(legs, flow, leg, onward, now)
            return
        else:
            legs.papers_done[leg] = 1
            if legs.outcome[leg] == STOPPED_BEFORE:
                close(flow, leg)
                return
            if not legs.joined[leg]:
                return
            token = 2 * leg + GOODS
            flow.token.node[token] = legs.joined_node[leg]
        onward = leave(net, legs, flow, c, token, now)


def end_of_leg(legs: Legs, flow: Flow, leg: int, end: int, now: int) -> None:
    """Close a leg at the barrier; a released lorry drives on, a seized one never reaches its further legs."""
    legs.released_ms[leg] = now
    onward = legs.follower[leg]
    if end == END_SEIZED:
        legs.outcome[leg] = SEIZED
        while onward >= 0:
            legs.outcome[onward] = STOPPED_BEFORE
            if legs.papers_done[onward]:
                close(flow, onward)
            onward = legs.follower[onward]
    else:
        legs.outcome[leg] = CORRECTED if legs.corrected[leg] else RELEASED
        if onward >= 0:
            flow.token.node[2 * onward + GOODS] = legs.goods_node[onward]
            schedule(legs, flow, now + legs.transit_ms[leg], ENTRY, legs.goods_node[onward], 2 * onward + GOODS)
    close(flow, leg)


def close(flow: Flow, leg: int) -> None:
    """Move a leg from the live to the finished."""
    flow.finished[flow.scalar[FINISHED]] = leg
    flow.scalar[FINISHED] += 1


def change_shift(net: Network, legs: Legs, flow: Flow, c: Constants, now: int) -> None:
    """Apply the calendar's next entry, then refill the stations that need the unit's pool."""
    at = flow.scalar[CALENDAR_AT]
    flow.scalar[CALENDAR_AT] = at + 1
    unit, works = flow.calendar.unit[at], flow.calendar.on[at]
    pool = net.unit.pool[unit]
    if works:
        flow.unit.shift_start[unit] = now
        flow.unit.pressed_ms[unit] = -1
        if flow.unit.on_duty[unit] == 0:
            flow.unit.on_duty[unit] = 1
            flow.pool.on_duty[pool] += 1
            if flow.unit.busy[unit] == 0:
                make_ready(net, flow, unit, now)
    elif flow.unit.on_duty[unit] == 1:
        flow.unit.on_duty[unit] = 0
        flow.pool.on_duty[pool] -= 1
        if flow.unit.busy[unit] == 0:
            unready(net, flow, unit)
    for k in range(net.pool.station_first[pool], net.pool.station_end[pool]):
        refill(net, legs, flow, c, net.pool_station[k], now)


def complete(net: Network, legs: Legs, flow: Flow, c: Constants, station: int, token: int, now: int) -> int:
    """End a service: free its units, let it have its effect, refill every station that needs one of the units; returns
    where the token goes on to."""
    leg, lead = token >> 1, flow.token.lead[token]
    duration = flow.service.duration[lead]
    for k in range(net.station.needs[station]):
        unit = flow.service.held[lead, k]
        flow.unit.busy[unit] = 0
        flow.unit.busy_ms[unit] += duration
        if flow.unit.on_duty[unit]:
            make_ready(net, flow, unit, now)
    flow.stage.work_ms[leg, net.node.slot[flow.token.node[token]]] += duration
    onward = leave(net, legs, flow, c, token, now)  # before the lead's next service takes the place of this one
    for k in range(net.station.refill_first[station], net.station.refill_end[station]):
        refill(net, legs, flow, c, net.refill[k], now)
    return onward


def set_out(net: Network, legs: Legs, flow: Flow, c: Constants, token: int, now: int) -> int:
    """An event of the leg's own: papers or lorry set out, or a delay ends; returns where the token goes on to."""
    leg, onward = token >> 1, int(flow.token.node[token])
    if token & 1 == GOODS and legs.arrived_ms[leg] < 0:
        legs.arrived_ms[leg] = now
        legs.mark[leg] = now
    elif token & 1 != GOODS and legs.papers_started[leg] == 0:
        legs.papers_started[leg] = 1
        if legs.joined[leg]:
            account(legs, flow, leg, net.desk.join_slot[legs.desk[leg]], now)
    else:
        onward = leave(net, legs, flow, c, token, now)
    return onward


def fetch(table: Any, row: int) -> None:
    """Have the processor bring a row's beginning near before it is needed: what compiled code waits for most. Plain
    Python need not (`sim.posts.compiled` gives this function and the next their meaning)."""


def fetch_whole(table: Any, row: int) -> None:
    """The same for all of a row."""


def fetch_entry(table: Any, row: int, column: int) -> None:
    """The same for one entry of a row."""


def fetch_stage(net: Network, legs: Legs, flow: Flow, token: int) -> None:
    """Bring near what the end of a token's stage will read."""
    leg, slot = token >> 1, net.node.slot[flow.token.node[token]]
    fetch(legs, leg)
    fetch_entry(flow.stage, leg, slot)
    fetch_entry(flow.visits, leg, slot)


def fetch_start(net: Network, legs: Legs, flow: Flow, token: int) -> None:
    """Bring near what the start of a token's service will read."""
    leg, node = token >> 1, flow.token.node[token]
    fetch(legs, leg)
    fetch_entry(flow.visits, leg, net.node.slot[node])
    fetch_entry(flow.minutes, leg, net.node.column[node])


def fetch_leg(legs: Legs, flow: Flow, leg: int) -> None:
    """Bring near what the next steps of a leg will read."""
    fetch(legs, leg)
    fetch(flow.token, 2 * leg)
    fetch(flow.stage, leg)
    fetch(flow.visits, leg)
    fetch(flow.minutes, leg)


def run_until(net: Network, legs: Legs, flow: Flow, c: Constants, end_ms: int) -> None:
    """Run the half-open span up to `end_ms`; all state stays in the arrays, so the next call goes on."""
    event, coming, calendar, scalar = flow.event, flow.coming, flow.calendar, flow.scalar
    while True:
        if scalar[HEAP_OPEN]:
            close_heap(flow)
        event_ms = event.at_ms[0]
        at = scalar[COMING_AT]
        coming_ms = coming.at_ms[at] if at < scalar[COMING_SIZE] else NEVER
        shift = scalar[CALENDAR_AT]
        shift_ms = calendar.at_ms[shift] if shift < scalar[CALENDAR_SIZE] else NEVER
        now = min(event_ms, coming_ms, shift_ms)
        if now >= end_ms:
            return
        if shift_ms == now:
            change_shift(net, legs, flow, c, now)
            continue
        if coming_ms < event_ms or (coming_ms == event_ms and coming.key[at] < event.key[0]):
            key, token = coming.key[at], coming.token[at]
            scalar[COMING_AT] = at + 1
            if at + AHEAD < scalar[COMING_SIZE]:
                fetch_leg(legs, flow, coming.token[at + AHEAD] >> 1)
        else:
            key, token = event.key[0], event.token[0]
            scalar[HEAP_OPEN] = 1
            for k in range(1, min(3, scalar[HEAP_SIZE])):  # one of these two comes next
                fetch_stage(net, legs, flow, event.token[k])
        if key >> 60 == COMPLETION:
            onward = complete(net, legs, flow, c, (key >> 44) & 0xFFFF, token, now)
        else:
            onward = set_out(net, legs, flow, c, token, now)
        advance(net, legs, flow, c, token, onward, now)


KERNELS = (
    tie_key, push, sink, close_heap, schedule, queue_up, leave_queue, opens, may_start, make_ready,
    unready, choose_unit, open_at_line, account,
    nominal_min, start, stopped, write_log, refill, enter, lodging, effect, select, check_documents, read_image,
    examine, leave, advance, end_of_leg, close, change_shift, complete, set_out,
    fetch_leg, fetch_stage, fetch_start,
)  # fmt: skip
RULES = (
    beyond_first_hour, choose_channel, dose, finds_irregularity, holds_file, hours_on_task, image_alarm, on_the_clock,
    pace, pressed_since, pressure_index, raises_query, reroute, reserve_opens, service_min, takes_bribe, to_ticks,
    up_again, vigilance, worn_out,
)  # fmt: skip
"""Every function numba must know to compile `run_until`."""
