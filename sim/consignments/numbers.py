"""Random numbers by key: the same lorry, officer or organisation meets the same luck in every scenario.

A key is (seed, replication, purpose, owner, day); a block of numbers is drawn per key, its positions being the
owner's ordinals. A block that grows at its end moves none of its numbers; a new owner or purpose moves no other block.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sim.consignments.philox import Codes, CompiledStreams, Ints, PlainStreams, Streams

Floats = NDArray[np.float64]

PURPOSES: dict[str, str] = {
    # potential journeys; owner = home post or extra trader
    "day_factor": "Gamma factor of a post's day",
    "hour_count": "arrivals in each hour of a day (24 positions)",
    "offset": "place of a journey within its hour",
    "trader": "which trader a journey belongs to",
    "regime": "whether a lorry is empty, and the customs regime of its goods",
    "value": "value of the goods",
    "duty": "whether anything is due on the goods",
    "clearance_audit": "whether a released declaration is audited, and whether that finds what is wrong",
    "captive": "whether a journey may change post",
    "fraud": "whether a loaded journey carries fiscal fraud",
    "fraud_kind": "which fiscal fraud",
    "honest_error": "whether a loaded journey carries an honest error",
    "blind_prohibited": "prohibited goods where no organisations act",
    "transit": "way from the exit to the entry side",
    "onward": "whether a journey of the post a corridor's share is told of goes the whole way",
    "through": "which of another post's journeys a corridor's lorries are there (order in which they are taken)",
    "drive": "drive from the post before, of a journey along a corridor",
    "pickup": "time from release to departure",
    "lead": "when the papers reach the broker, relative to arrival",
    "feature": "declared risk features (one block per feature)",
    "score_noise": "a score's own error, per side",
    "control": "random check, per side",
    "reroute": "supervisor's second look, per side",
    "irregular": "whether a document check finds what is wrong",
    "unit": "which free officer serves, where they are drawn",
    "query": "whether a mismatch is queried, per visit",
    "mismatch": "whether re-keyed elements differ, per visit",
    "machine": "whether machine validation sees a mismatch",
    "image": "noise of an image",
    "reuse": "whether a declaration takes over data from the other country's system",
    "level": "level of an examination, per side",
    "threshold": "dose an examination needs, per side",
    "scan": "whether a lorry is called to the scanner",
    "agency": "whether another agency checks",
    "label": "whether a result is recorded and how late it can be learned from, per side",
    "false_alert": "whether a namesake on the watchlist is hit, per side",
    "outcome": "which outcome of a stage of stated shares happens, per side and stage",
    "work": "duration of a stage's visit, per side, stage and visit",
    # bribes, drawn in worlds with corruption only; owner = home post or extra trader
    "offer": "whether a journey offers bribes",
    "bribe": "willingness an officer needs to take what is offered, or to hold a file for it",
    "held": "whether a file of those who offer nothing may be held",
    "steered": "whether papers are steered to the partner of their broker's office",
    "jump": "whether a place in the first lane is bought",
    "bought_green": "whether a supervisor is paid for the green channel, per side",
    # traders and brokers; owner = home post; positions = traders
    "trader_aeo": "authorised operator or not",
    "trader_propensity": "a trader's propensity to fiscal fraud",
    "trader_broker": "which broker a trader uses",
    "broker_error": "error rate of a broker office",
    "reconsider_broker": "whether a trader looks for another broker office today",
    "broker_choice": "Gumbel of a trader for a broker office today (one block per office)",
    "aeo_reckons": "whether a trader reckons today if it should apply for authorisation",
    "reconsider": "whether a trader reconsiders its post today",
    "post_choice": "Gumbel of a trader for a post today (one block per post)",
    # officers; owner = pool; positions = seats
    "pace": "pace of an officer (one block per generation)",
    "skill": "skill of an officer (one block per generation)",
    "leaving": "whether a seat's officer leaves today",
    "course": "place of a seat in the course list",
    "rotation": "when in the turn of an integrity rotation a seat changes hands",
    "outage": "whether a device fails today",
    "repair": "how long it is out of order",
    "contract": "whether a device is under a maintenance contract",
    "integrity": "willingness of an officer to take bribes (one block per generation)",
    "desk_rotation": "whether a seat's officer rotates to another desk today",
    "partner": "whether a check that was paid for makes officer and office partners (positions = checks of the day)",
    "partner_lapses": "whether a partnership ends by itself today (positions = offices, or organisations and posts)",
    "officer_bought": "which examiner an organisation approaches at a post today, and whether that one takes the money",
    "file_audit": "whether an audit finds a bribed file (positions = bribed files of the day)",
    # organisations; owner = organisation
    "opportunities": "number of opportunities of a day",
    "ride": "which journey of the front an opportunity rides in (positions = opportunities)",
    "patrol": "whether an unofficial crossing is caught (positions = opportunities)",
    "diverted": "whether a seal, the office of exit and reconciliation notice a diversion (3 positions each)",
    "arm": "Gumbel of an organisation for an arm (one block per arm)",
    "front": "which trader becomes a front (one block per post, cover and generation)",
    "front_change": "whether a front is changed today (positions = fronts)",
    "dismantled": "whether a seizure ends the organisation (positions = seizures of the day)",
    "replaced": "when another takes its place",
    # intelligence; owner = sender and receiver
    "record": "whether a finding is written down (positions = findings of the day)",
    "send": "whether a record is sent",
    "delay": "how long a record travels",
    "identity": "whether a record carries the identifier",
    "match": "whether the receiver recognises the same identity",
    "pooled": "whether a record is seen by a partner while lists are pooled (day = the record's, part = the trader)",
    "lead_found": "whether a service learns of a front (positions = fronts)",
    "lead_wrong": "innocent trader named by a wrong record",
    "breach": "whether a channel is breached today",
    "audit": "whether a joint audit takes place today, and how it ends",
    # declaration systems; owner = country
    "system": "whether a country's declaration system fails today",
    "system_hour": "at which time of the day it does",
    "system_repair": "how long it is down",
    # measures; owner = measure
    "reversal": "whether a measure is taken back today",
}
"""Every random purpose of the model, once."""


@lru_cache(2**16)
def _code(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


CODES = {name: _code(name) for name in PURPOSES}
if len(set(CODES.values())) != len(PURPOSES):
    raise ImportError("two random purposes share a code; rename one in sim.consignments.numbers.PURPOSES")


Key = tuple[str, str, str]
"""Purpose, owner and part of a block."""
Blocks = tuple[tuple[str, int, str], ...]
REMEMBERED_SIZE, REMEMBERED_BLOCKS = 2048, 8192


def normal_of(u: Floats) -> Floats:
    """Standard normal quantiles."""
    return np.asarray(ndtri(np.maximum(u, 1e-16)))


def exponential_of(u: Floats) -> Floats:
    """Quantiles of Exp(1)."""
    return np.asarray(-np.log1p(-u))


class Seats(NamedTuple):
    """Where the streams of some keys begin, on whatever day.

    Attributes
    ----------
    keys : in order
    codes : (keys, 2): of purpose and part, and of the owner
    """

    keys: tuple[Key, ...]
    codes: Codes


@lru_cache(2**12)
def seats_of(keys: tuple[Key, ...]) -> Seats:
    """The seats of some keys; the same are asked for day after day."""
    codes = [
        word
        for purpose, owner, part in keys
        for word in (CODES[purpose] ^ _code("part:" + part) if part else CODES[purpose], _code(owner))
    ]
    return Seats(keys, np.array(codes, np.uint64).reshape(-1, 2))


class Numbers:
    """The potential world's luck: a function of `(seed, replication)` and the key, of nothing else.

    Parameters
    ----------
    seed, replication : int
        Non-negative. Every block is drawn from the beginning of a stream of its own, so order of use does not matter.
    compiled : bool
        Whether compiled code draws them, which is faster and gives the same bits.
    """

    def __init__(self, seed: int, replication: int, compiled: bool = False) -> None:
        key = np.asarray(np.random.SeedSequence([seed, replication]).generate_state(2, np.uint64), np.uint64)
        self._streams: Streams = CompiledStreams(key) if compiled else PlainStreams(key)
        self._recent: dict[Any, Floats] = {}

    def fill(self, room: Floats, places: Ints, seats: Seats, day: int) -> None:
        """Draw the uniforms of some keys on a day.

        Parameters
        ----------
        room : (n,) array
            Where they are written.
        places : (keys, 2) array
            Begin and end of each block in the room.
        seats : Seats
        day : int
        """
        self._streams.fill(room, places, seats.codes, day)

    def _joined(self, keys: tuple[Key, ...], sizes: Sequence[int], day: int) -> Floats:
        ends = list(accumulate(sizes, initial=0))
        joined = np.empty(ends[-1])
        self.fill(joined, np.array([ends[:-1], ends[1:]], np.int64).T.copy(), seats_of(keys), day)
        return joined

    def uniform(self, purpose: str, owner: str, day: int, size: int, part: str = "") -> Floats:
        """Uniforms in [0, 1) for positions 0..size-1 of the key.

        Parameters
        ----------
        purpose : str
            A name in `PURPOSES`.
        owner : str
            Who the numbers belong to.
        day : int
            Simulated day (or another non-negative occasion number).
        size : int
            How many; more later does not change the first ones.
        part : str
            Sub-purpose such as a side, visit, feature or arm name.
        """
        key = (purpose, owner, day, size, part)
        block = self._recent.get(key)
        if block is None:
            block = self._joined(((purpose, owner, part),), (size,), day)
            self._remember(key, block)
        return block

    def _remember(self, key: Any, block: Floats) -> None:
        """Keep small blocks a while: scenarios in lock-step ask for the same ones on the same day."""
        block.flags.writeable = False
        if block.size <= REMEMBERED_SIZE:
            if len(self._recent) >= REMEMBERED_BLOCKS:
                self._recent.clear()
            self._recent[key] = block

    def uniforms(self, purpose: str, blocks: Blocks, day: int) -> Floats:
        """Uniforms of several blocks, one after the other.

        Parameters
        ----------
        purpose, day
            As for `uniform`.
        blocks : tuple of (owner, size, part)
            The blocks in order.
        """
        key = (purpose, blocks, day)
        joined = self._recent.get(key)
        if joined is None:
            keys = tuple((purpose, owner, part) for owner, _, part in blocks)
            joined = self._joined(keys, [size for _, size, _ in blocks], day)
            self._remember(key, joined)
        return joined

    def normal(self, purpose: str, owner: str, day: int, size: int, part: str = "") -> Floats:
        """Standard normals: the quantile of the key's uniforms."""
        return normal_of(self.uniform(purpose, owner, day, size, part))

    def exponential(self, purpose: str, owner: str, day: int, size: int, part: str = "") -> Floats:
        """Exp(1) numbers: the quantile of the key's uniforms."""
        return exponential_of(self.uniform(purpose, owner, day, size, part))

    def gumbel(self, purpose: str, owner: str, day: int, size: int, part: str = "") -> Floats:
        """Standard Gumbels; the largest of utility + Gumbel over arms is a draw from the logit."""
        return self.gumbels(purpose, ((owner, size, part),), day)

    def gumbels(self, purpose: str, blocks: Blocks, day: int) -> Floats:
        """Standard Gumbels of several blocks, one after the other."""
        key = ("gumbel", purpose, blocks, day)
        drawn = self._recent.get(key)
        if drawn is None:
            u = np.maximum(self.uniforms(purpose, blocks, day), 1e-300)
            drawn = np.asarray(-np.log(-np.log(u)))
            self._remember(key, drawn)
        return drawn
