"""What was paid to officers, folded into the ledger; in worlds with corruption only."""

import numpy as np
from numpy.typing import NDArray

from sim.admission import HOUR_MS
from sim.closing import RESTRICTED_H, Closed
from sim.ledger import Ledger
from sim.posts.process import ENTRY
from sim.posts.rules import BY_SUPERVISOR, GREEN, HELD, PAID_CHECK, SEIZED, SOLD_FIND, STOPPED_BEFORE
from sim.settings.parameters import BriberyParameters

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
SIDES = ("exit", "entry")
WAYS = ("check", "channel", "place", "find", "held_file")


def favours(closed: Closed) -> dict[str, Bools]:
    """Which legs bought what: a check that looked away, a channel, a place in the queue, a find; or had to pay."""
    deals, rows, at = closed.batch.deals, closed.rows, closed.position
    assert deals is not None
    reached = rows["outcome"] != STOPPED_BEFORE
    rerouted = (rows["rule"] == BY_SUPERVISOR) & (rows["channel"] == GREEN)
    bribed = rows["bribed"]
    channel, place = deals.green[SIDES[closed.side]][at] & rerouted & reached, deals.jumps[at] & reached
    bought = ((bribed & PAID_CHECK) > 0, channel, place, (bribed & SOLD_FIND) > 0, (bribed & HELD) > 0)
    return dict(zip(WAYS, bought, strict=True))


def open_day(ledger: Ledger, day: int) -> None:
    """Give payments this day in their denominator, whether or not any is made."""
    for group in ("all", *(f"way={way}" for way in WAYS)):
        ledger.add("informal_payments_usd", group, "USD per day", day, 0.0, 1.0)


def fold_bribes(ledger: Ledger, closed: Closed, p: BriberyParameters) -> Floats:
    """Fold one side of one planning day; returns what each leg paid, USD."""
    got = favours(closed)
    usd = np.zeros(len(closed.position))
    for way, which in got.items():
        price = p.find_usd if way == "find" else p.favour_usd
        usd += price * which
        ledger.add("informal_payments_usd", f"way={way}", "USD per day", closed.day, price * float(which.sum()), 0.0)
    ledger.add("informal_payments_usd", "all", "USD per day", closed.day, float(usd.sum()), 0.0)
    _shares(ledger, closed, got, usd > 0)
    return usd


def _shares(ledger: Ledger, closed: Closed, got: dict[str, Bools], paid: Bools) -> None:
    """Share of loaded legs that paid, and clearance and detection of those who offer beside those who do not."""
    deals, rows, at = closed.batch.deals, closed.rows, closed.position
    assert deals is not None
    loaded = ~closed.batch.potential.empty[at] & (rows["outcome"] != STOPPED_BEFORE)
    side, day, add = SIDES[closed.side], closed.day, ledger.add
    add("bribed_share", f"side={side}", "share", day, float((loaded & paid).sum()), float(loaded.sum()))
    prohibited = loaded & (closed.batch.truth.prohibited[at] > 0)
    hours = np.minimum((rows["released_ms"] - rows["arrived_ms"]) / HOUR_MS, RESTRICTED_H)
    seized = rows["outcome"] == SEIZED
    groups = {"offers=yes": deals.offers[at], "offers=no": ~deals.offers[at]}
    for group, mine in groups.items():
        aboard = float((prohibited & mine).sum())
        add("seized_share", f"side={side}, {group}", "share", day, float((prohibited & mine & seized).sum()), aboard)
        if closed.side == ENTRY:
            add("clearance_mean_h", group, "h", day, float(hours[loaded & mine].sum()), float((loaded & mine).sum()))
    if closed.side == ENTRY:
        add("bribed_share", "all", "share", day, float((loaded & paid).sum()), float(loaded.sum()))
        held = float((loaded & got["held_file"]).sum())
        add("held_files_per_100", "all", "per 100 declarations", day, 100.0 * held, float(loaded.sum()))
