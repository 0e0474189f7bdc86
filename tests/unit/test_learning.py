"""Everybody learns once a day from all legs that ended; what is drawn is drawn by planning day."""

from collections import defaultdict
from functools import cache
from typing import Any

import numpy as np
import pytest

from experiments.compose import compose
from sim.admission import SIDE_NAMES
from sim.closing import match
from sim.consignments.numbers import Numbers
from sim.consignments.potential import JOURNEY_BITS, Demand
from sim.cooperation.intelligence import Record
from sim.journeys import Journeys
from sim.learning import Hit
from sim.model import BorderModel
from sim.posts.legs import LegRows
from sim.posts.process import ENTRY
from sim.posts.rules import STOPPED_BEFORE
from sim.world.build import build_world

DAYS = 8
Calls = list[tuple[int, tuple[Any, ...]]]


class Heard(BorderModel):
    """The model, keeping what of each day was told to whom."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told: dict[str, Calls] = defaultdict(list)
        self.rows: dict[int, LegRows] = {}
        for owner, name in ((self.trade, "experience"), (self.trade, "audited"), (self.offices, "experience")):
            self._listen(owner, name)
        self._listen(self.trade, "still_waiting")
        self._listen(self.exchange, "found")

    def _listen(self, owner: Any, name: str) -> None:
        tell = getattr(owner, name)

        def heard(*what: Any) -> None:
            self.told[f"{type(owner).__name__}.{name}"].append((self.day, what))
            tell(*what)

        setattr(owner, name, heard)

    def _close(self, mechanisms: Any) -> None:
        take = self.engine.take_finished

        def kept() -> LegRows:
            self.rows[self.day] = take()
            return self.rows[self.day]

        self.engine.take_finished = kept  # type: ignore[method-assign]
        super()._close(mechanisms)
        self.engine.take_finished = take  # type: ignore[method-assign]


@cache
def week() -> Heard:
    words = ["world=two_countries", "scenario=baseline", "assumptions.consignments.prohibited_share=0.1"]
    settings = compose("run", [*words, "length.burn_in_days=0", f"length.window_days={DAYS}"]).settings
    world, numbers = build_world(settings.world_name, settings.world, settings.assumptions), Numbers(3, 0)
    demand = Demand(world, numbers, settings.tick_ms)
    model = Heard(world, settings, settings.scenarios["baseline"], demand.traders, numbers)
    for day in range(DAYS):
        model.advance(demand.day(day))
    return model


@pytest.mark.parametrize(
    "whose", ["TraderPopulation.experience", "TraderPopulation.still_waiting", "BrokerPopulation.experience"]
)
def test_who_has_several_trips_a_day_hears_of_them_at_once(whose: str) -> None:
    days = [day for day, _ in week().told[whose]]
    assert days == sorted(set(days))
    assert len(days) >= DAYS - 1


def test_trips_of_all_planning_days_that_ended_today_are_heard_of() -> None:
    several = 0
    for day, (trader, post, hours) in week().told["TraderPopulation.experience"]:
        rows = week().rows[day]
        trips = (rows.id & 1 == ENTRY) & (rows["outcome"] != STOPPED_BEFORE)
        assert len(trader) == len(post) == trips.sum()
        assert hours * 3_600_000 == pytest.approx((rows["released_ms"] - rows["arrived_ms"])[trips])
        several += len(np.unique(rows.id[trips] >> 1 >> JOURNEY_BITS)) > 1
    assert several


def test_finds_are_written_down_by_planning_day_side_and_country_in_that_order() -> None:
    by_day = defaultdict(list)
    for day, (today, country, traders, part) in week().told["Exchange.found"]:
        planned, side = part.split("/")
        assert today == day >= int(planned)
        by_day[day].append((int(planned), list(SIDE_NAMES.values()).index(side), country, len(traders)))
    for parts in by_day.values():
        assert parts == sorted(parts)
        assert len({part[:3] for part in parts}) == len(parts)
    for day, rows in week().rows.items():
        assert sum(part[3] for part in by_day[day]) == (rows["detected"] == 1).sum()


def test_a_find_on_a_partners_word_is_told_to_the_partner_though_it_becomes_a_record_of_our_own() -> None:
    words = [
        "world=two_countries",
        "scenario=baseline",
        *(f"assumptions.intelligence.recorded_{tier}_tier=1" for tier in ("low", "high")),
    ]
    settings = compose("run", words).settings
    world, numbers = build_world(settings.world_name, settings.world, settings.assumptions), Numbers(3, 0)
    demand = Demand(world, numbers, settings.tick_ms)
    model = BorderModel(world, settings, settings.scenarios["baseline"], demand.traders, numbers)
    ald, ber = (k for c in ("ALD", "BER") for k, country in enumerate(world.countries) if country.key == c)
    model.exchange.enter(ber, Record(7, ald, 0, wrong=False))
    hit = Hit(planned=0, side=ENTRY, country=ber, trader=7, detected=True, listed=True, found=1)
    model.learning._records(1, [hit])
    assert model.exchange.watchlists[ber][7].origin == ber
    assert model.exchange.today["ALD>BER"].hits == 1


def test_columns_of_journeys_of_several_days_are_read_and_written_in_order_of_the_legs() -> None:
    model = week()
    ids = model.engine.undecided()
    journeys = Journeys.of_legs(ids, model.batches)
    assert len(journeys.parts) > 1
    place = journeys.column(lambda batch: np.arange(len(batch.potential)) + (batch.potential.day << JOURNEY_BITS))
    assert np.array_equal(place, ids >> 1)
    before = journeys.column(lambda batch: batch.scores["entry"])
    journeys.write(lambda batch: batch.scores["entry"], before + 1.0)
    assert np.array_equal(journeys.column(lambda batch: batch.scores["entry"]), before + 1.0)
    journeys.write(lambda batch: batch.scores["entry"], before)


def test_legs_matched_by_planning_day_stand_side_by_side_as_the_engine_gave_them() -> None:
    model = week()
    rows = model.engine.live_rows()
    ended = list(model.learning._by_side(rows, list(match(rows, model.batches))))
    assert np.array_equal(np.concatenate([one.rows.id for one in ended]), rows.id)
    for one in ended:
        number = one.journeys.column(lambda batch: np.arange(len(batch.potential)))
        assert np.array_equal(number, (one.rows.id >> 1) & (2**JOURNEY_BITS - 1))
