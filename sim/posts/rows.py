"""Legs put into the arrays and taken out of them, written once in the subset of Python that numba compiles.

Like `sim.posts.loop`, it runs as it stands for the oracle and compiled for the fast engine. Rows lie scattered, and to
wait for them is what it costs: each is fetched ahead, read once and written once. Columns outside the arrays lie each
in one piece (`sim.posts.tables.Excerpt`), numbers of one size together, so that they are moved by place and not by
name.
"""

from typing import NamedTuple

from sim.posts.legs import Legs
from sim.posts.loop import AHEAD, ENTRY, Events, Stages, Tokens, fetch_whole, tie_key
from sim.posts.process import GOODS, PAPER
from sim.posts.tables import Bools, Flags, Floats, Ints, Numbers

DIGIT = 11
"""Bits by which positions are sorted at a time: as many piles as the nearest cache holds."""
PILES = 1 << DIGIT


class Incoming(NamedTuple):
    """Legs to put in: `sim.posts.legs.NewLegs`, and the slot of each."""

    inputs: Numbers
    minutes: Floats
    paper_at: Ints
    paper_node: Ints
    goods_at: Ints
    slot: Ints


class Outgoing(NamedTuple):
    """Where legs taken out are written: `sim.posts.legs.LegRows`, and the slot of each, in any order."""

    results: Numbers
    stage: Stages
    slot: Ints


class Slots(NamedTuple):
    """What there is of a leg in its slot: its row by column and as numbers, its part of the flow, whether it is."""

    legs: Legs
    number: Numbers
    token: Tokens
    stage: Stages
    visits: Flags
    minutes: Floats
    alive: Bools


class Departures(NamedTuple):
    """When papers and lorries set out, as they come and in order."""

    unsorted: Events
    sorted: Events


class Sorting(NamedTuple):
    """Room to sort in: two columns as long as what is sorted, and `PILES` numbers."""

    key: Ints
    spare: Ints
    pile: Ints


def arrange(room: Sorting, n: int) -> None:
    """Replace the first `n` keys by the positions that sort them; equal keys keep their order.

    The position goes along in the lowest bits of its key, which is sorted digit by digit.
    """
    key, spare, pile = room.key, room.spare, room.pile
    least = most = key[0]
    for i in range(n):
        least, most = min(least, key[i]), max(most, key[i])
    width = 0
    while (1 << width) < n:
        width += 1
    for i in range(n):
        key[i] = ((key[i] - least) << width) | i
    shift = width
    while (most - least) >> (shift - width) > 0:
        for d in range(PILES):
            pile[d] = 0
        for i in range(n):
            pile[(key[i] >> shift) & (PILES - 1)] += 1
        begin = 0
        for d in range(PILES):
            pile[d], begin = begin, begin + pile[d]
        for i in range(n):
            d = (key[i] >> shift) & (PILES - 1)
            spare[pile[d]] = key[i]
            pile[d] += 1
        for i in range(n):
            key[i] = spare[i]
        shift += DIGIT
    for i in range(n):
        key[i] &= (1 << width) - 1


def put(new: Incoming, to: Slots, at: Numbers, blank: Ints, events: Departures, left: int, room: Sorting) -> None:
    """Put legs into their slots; sort when papers and lorries set out in among the first `left`, which still wait.

    Parameters
    ----------
    new, to : the legs, and where they go
    at : where their inputs stand in a row
    blank : row of a leg nothing is known of, as numbers of 8 bytes
    events, left, room : as many places as there will be events, `left` taken; room to sort them in
    """
    n, unsorted = len(new.slot), events.unsorted
    for i in range(n):
        if i + AHEAD < n:
            fetch_whole(to.number.longs, new.slot[i + AHEAD])
            fetch_whole(to.minutes, new.slot[i + AHEAD])
        put_leg(new, to, at, blank, i)
        slot = new.slot[i]
        number = to.legs.id[slot]
        if new.paper_at[i] >= 0:
            note(unsorted, left, new.paper_at[i], new.paper_node[i], number, 2 * slot + PAPER)
            left += 1
        if new.goods_at[i] >= 0:
            note(unsorted, left, new.goods_at[i], to.legs.goods_node[slot], number, 2 * slot + GOODS)
            left += 1
    sort_events(events, left, room)


def put_leg(new: Incoming, to: Slots, at: Numbers, blank: Ints, i: int) -> None:
    """Put a leg into its slot, its papers and lorry where they start."""
    slot, legs, row, inputs = new.slot[i], to.legs, to.number, new.inputs
    for k in range(len(blank)):
        row.longs[slot, k] = blank[k]
    for k in range(len(at.longs)):
        row.longs[slot, at.longs[k]] = inputs.longs[k, i]
    for k in range(len(at.shorts)):
        row.shorts[slot, at.shorts[k]] = inputs.shorts[k, i]
    for k in range(len(at.flags)):
        row.flags[slot, at.flags[k]] = inputs.flags[k, i]
    for k in range(new.minutes.shape[1]):
        to.minutes[slot, k] = new.minutes[i, k]
    if legs.follower[slot] >= 0:
        legs.follower[slot] = new.slot[legs.follower[slot]]
    papers = int(new.paper_at[i] >= 0)
    legs.papers[slot], legs.papers_done[slot] = papers, 1 - papers
    to.token.node[2 * slot + PAPER], to.token.node[2 * slot + GOODS] = new.paper_node[i], legs.goods_node[slot]
    to.alive[slot] = True


def note(events: Events, k: int, at_ms: int, node: int, leg: int, token: int) -> None:
    """Write down that a token sets out."""
    events.at_ms[k], events.token[k] = at_ms, token
    events.key[k] = tie_key(ENTRY, int(node), leg)


def sort_events(events: Departures, n: int, room: Sorting) -> None:
    """Write events down in order of time and tie key; few are of the same moment."""
    if n == 0:
        return
    of, to = events.unsorted, events.sorted
    for i in range(n):
        room.key[i] = of.at_ms[i]
    arrange(room, n)
    for i in range(n):
        at, j = room.key[i], i
        at_ms, key = of.at_ms[at], of.key[at]
        while j > 0 and to.at_ms[j - 1] == at_ms and to.key[j - 1] > key:
            to.at_ms[j], to.key[j], to.token[j] = to.at_ms[j - 1], to.key[j - 1], to.token[j - 1]
            j -= 1
        to.at_ms[j], to.key[j], to.token[j] = at_ms, key, of.token[at]


def take(out: Outgoing, of: Slots, at: Numbers, leave: bool, room: Sorting) -> None:
    """Write legs down in order of side and id; those that leave make room, and free slots are clean.

    Parameters
    ----------
    out, of : which legs, and where they are written; where they stand
    at : where their results stand in a row
    leave : whether they leave
    room : room to sort them in
    """
    n, slot = len(out.slot), room.key
    if n == 0:
        return
    sort_legs(out.slot, of.legs, n, room)
    for i in range(n):
        if i + AHEAD < n:
            fetch_whole(of.number.longs, slot[i + AHEAD])
            fetch_whole(of.stage, slot[i + AHEAD])
        take_leg(out, of, at, slot[i], i)
        if leave:
            clear(of, slot[i])


def sort_legs(slots: Ints, legs: Legs, n: int, room: Sorting) -> None:
    """Bring slots into order of their legs' sides and ids; they take the place of the keys."""
    key, most = room.key, 0
    for i in range(n):
        key[i] = legs.id[slots[i]]
        most = max(most, key[i] >> 1)
    for i in range(n):
        key[i] = (key[i] >> 1) + (key[i] & 1) * (most + 1)
    arrange(room, n)
    for i in range(n):
        key[i] = slots[key[i]]


def take_leg(out: Outgoing, of: Slots, at: Numbers, slot: int, i: int) -> None:
    """Write a leg down."""
    row, to = of.number, out.results
    for k in range(len(at.longs)):
        to.longs[k, i] = row.longs[slot, at.longs[k]]
    for k in range(len(at.shorts)):
        to.shorts[k, i] = row.shorts[slot, at.shorts[k]]
    for k in range(len(at.flags)):
        to.flags[k, i] = row.flags[slot, at.flags[k]]
    for k in range(of.visits.shape[1]):
        out.stage.critical_ms[i, k] = of.stage.critical_ms[slot, k]
        out.stage.work_ms[i, k] = of.stage.work_ms[slot, k]


def clear(of: Slots, slot: int) -> None:
    """Leave a slot as it was before there was a leg."""
    for k in range(of.visits.shape[1]):
        of.stage.critical_ms[slot, k] = of.stage.work_ms[slot, k] = 0
        of.visits[slot, k] = 0
    of.alive[slot] = False


PARTS = (arrange, put_leg, note, sort_events, sort_legs, take_leg, clear)
"""Every function numba must know to compile `put` and `take`."""
