"""What data sharing does to records, watchlists and trust, as mechanisms."""

import numpy as np
import pytest
from policy_runs import Watched, differing, facts_of, run, world_of

from sim.consignments.numbers import Numbers
from sim.cooperation.intelligence import Exchange, Record
from sim.measures.change import Key
from sim.measures.combine import combine
from sim.measures.context import Context
from sim.measures.registry import base_mechanisms, measure_named
from sim.posts.rules import BY_WATCHLIST, RED, SEIZED
from sim.world.world import DAY_MS

ALD, BER = 0, 1
EXIT, ENTRY = 0, 1


def shared(intensity: float = 1.0) -> dict[Key, float]:
    world = world_of()
    changes = measure_named("data_sharing").changes(Context(world, {}, intensity, 1))
    return combine(base_mechanisms(world, {}), changes)[0]


@pytest.mark.parametrize("pair", ["ALD>BER", "BER>ALD"])
def test_a_portal_on_an_agreement_raises_coverage_and_legal_cap_and_shortens_the_delay_both_ways(pair: str) -> None:
    before, after = base_mechanisms(world_of(), {}), shared()
    wanted = {
        "intelligence.coverage": (0.0, 0.6),
        "intelligence.legal_cap": (0.0, 0.8),
        "intelligence.delay_d": (45.0, 1.0),
        "intelligence.feedback_share": (0.2, 0.8),
        "trust.meetings_per_day": (0.0, 1 / 30),
    }
    for parameter, values in wanted.items():
        assert (before[parameter, pair], after[parameter, pair]) == pytest.approx(values)


def test_a_portal_never_takes_away_from_a_better_channel_already_in_force() -> None:
    in_force = ("world.pairs.0.channel=integrated", "world.pairs.0.legal_basis=memorandum")
    world = world_of(*in_force, "assumptions.intelligence.cap_memorandum=0.9")
    base = base_mechanisms(world, {})
    after, _ = combine(base, measure_named("data_sharing").changes(Context(world, {}, 1.0, 1)))
    for parameter in ("intelligence.coverage", "intelligence.legal_cap", "intelligence.delay_d"):
        assert after[parameter, "ALD>BER"] == base[parameter, "ALD>BER"]


BLIND_IMPORTER = (
    # The importer selects nobody by itself, so whatever it stops, it stops on a partner's word.
    "assumptions.selectivity.red_low_tier=0",
    "assumptions.selectivity.red_high_tier=0",
    "assumptions.selectivity.reroute_up=0",
    "world.scan_share=0",
    "assumptions.intelligence.lead_p_per_front_day=0",
    "assumptions.intelligence.false_alert_p_per_record=0",
    # The exporter examines most lorries, many carry something, and organisations keep their fronts.
    "world.exit_red_share=0.6",
    "assumptions.selectivity.reroute_down=0",
    "assumptions.consignments.prohibited_share=0.3",
    "assumptions.intelligence.front_half_life_d=1000000000",
    "assumptions.smugglers.front_dropped_p=0",
    "assumptions.smugglers.loss_per_gain=0",
    "length.burn_in_days=1",
    "length.window_days=13",
)


@pytest.fixture(scope="module")
def importer() -> dict[str, Watched]:
    return run(BLIND_IMPORTER, ("baseline", "data_sharing"))


def told_on(model: Watched) -> dict[int, int]:
    """Traders on Berevia's watchlist by Aldoria's word, and the day from whose midnight they stood there."""
    out: dict[int, int] = {}
    for day, lists in enumerate(model.watchlists):
        for trader, record in lists[BER].items():
            if record.origin == ALD:
                out.setdefault(trader, day)
    return out


def flagged(model: Watched) -> set[int]:
    """Traders of whom Berevia sent a declaration to red because of its watchlist."""
    out: set[int] = set()
    for _, closed in model.legs(ENTRY):
        by_list = (closed.rows["rule"] == BY_WATCHLIST) & (closed.rows["channel"] == RED)
        out |= set(closed.batch.potential.trader[closed.position[by_list]].tolist())
    return out


def test_a_seizure_in_one_country_puts_the_trader_on_the_partners_watchlist(importer: dict[str, Watched]) -> None:
    model = importer["data_sharing"]
    seized: set[int] = set()
    for _, closed in model.legs(EXIT):
        taken = closed.rows["outcome"] == SEIZED
        seized |= set(closed.batch.potential.trader[closed.position[taken]].tolist())
    told = told_on(model)
    assert told
    assert set(told) <= seized


def test_the_record_is_there_before_the_lorry_so_the_fronts_next_declaration_is_flagged(
    importer: dict[str, Watched],
) -> None:
    model = importer["data_sharing"]
    told = told_on(model)
    assert flagged(model)
    warned = 0
    for _, closed in model.legs(ENTRY):
        trader = closed.batch.potential.trader[closed.position]
        for k in np.flatnonzero(closed.rows["rule"] == BY_WATCHLIST):
            assert closed.rows["lodged_ms"][k] >= told[int(trader[k])] * DAY_MS
        later = np.array([closed.day >= told.get(int(t), 99) for t in trader])
        lorry = later & (closed.rows["lodged_ms"] >= 0) & (closed.rows["arrived_ms"] >= 0)
        assert (closed.rows["arrived_ms"][lorry] >= closed.day * DAY_MS).all()
        assert (closed.rows["channel"][lorry] == RED).all()
        warned += int(lorry.sum())
    assert warned


def test_without_sharing_the_same_fronts_pass_the_partner_unflagged(importer: dict[str, Watched]) -> None:
    alone = importer["baseline"]
    assert alone.exchange.watchlists[ALD]
    assert not alone.exchange.watchlists[BER]
    assert flagged(alone) == set()
    assert flagged(importer["data_sharing"])


def test_papers_already_under_way_are_looked_at_again_when_a_record_arrives() -> None:
    """A declaration scored at midnight without the record is flagged by the next midnight's second look."""
    models = run((*BLIND_IMPORTER, "length.window_days=9"), ("baseline", "data_sharing"))
    model = models["data_sharing"]
    ids = model.engine.undecided()
    batch_day = int((ids >> 21).max())
    batch = model.batches[batch_day]
    waiting = ((ids[(ids >> 21) == batch_day] >> 1) & (2**20 - 1)).astype(np.int64)
    unflagged = waiting[~batch.watched["entry"][waiting] & ~batch.potential.empty[waiting]]
    assert len(unflagged)
    trader = int(batch.potential.trader[unflagged[0]])
    model.exchange.enter(BER, Record(trader, ALD, model.day, wrong=False))
    model._score_again()
    assert batch.watched["entry"][unflagged[0]]


def test_without_a_legal_basis_the_exchange_is_off_and_the_channel_makes_no_difference() -> None:
    busy = "assumptions.consignments.prohibited_share=0.2"
    formal = facts_of(busy)
    integrated = facts_of(busy, "world.pairs.0.channel=integrated", "world.pairs.1.channel=integrated")
    assert differing(formal, integrated) == set()
    legal = facts_of(busy, "world.pairs.0.channel=integrated", "world.pairs.0.legal_basis=agreement")
    assert differing(formal, legal)


def test_a_portal_without_a_legal_basis_changes_nothing_but_what_its_meetings_cost_and_mend() -> None:
    words = ("assumptions.intelligence.cap_agreement=0", "assumptions.consignments.prohibited_share=0.2")
    models = run(words, ("baseline", "data_sharing"))
    changed = differing(models["baseline"].facts(), models["data_sharing"].facts())
    assert models["data_sharing"].exchange.sent_total == 0
    assert changed == {"trust", "cost_public_usd", "cost_public_setup_usd", "measures_staff_fte"}


def exchange(*overrides: str) -> Exchange:
    return Exchange(world_of(*overrides), Numbers(1, 0))


def test_meetings_raise_trust_in_both_directions() -> None:
    without, with_meetings = exchange(), exchange()
    without.close(base_mechanisms(world_of(), {}))
    with_meetings.close(shared())
    for pair in ("ALD>BER", "BER>ALD"):
        gained = 0.01 * (1 / 30) * (1 - without.start[pair])
        assert with_meetings.trust[pair] - without.trust[pair] == pytest.approx(gained)


def test_a_false_alert_on_a_partners_record_lowers_the_senders_trust_and_a_hit_raises_it() -> None:
    moved = {}
    for found in (0, 1):
        e = exchange()
        e.enter(BER, Record(7, ALD, 0, wrong=found == 0))
        e.judged(BER, np.array([7]), np.array([found]))
        e.close(base_mechanisms(world_of(), {}))
        moved[found] = e.trust["ALD>BER"] - e.start["ALD>BER"]
        assert e.trust["BER>ALD"] == e.start["BER>ALD"]
    assert moved[0] < 0 < moved[1]


def test_a_countrys_own_records_move_no_trust() -> None:
    e = exchange()
    e.enter(BER, Record(7, BER, 0, wrong=False))
    e.judged(BER, np.array([7]), np.array([1]))
    e.close(base_mechanisms(world_of(), {}))
    assert e.trust == e.start


def test_a_lead_on_the_wrong_trader_is_withdrawn_after_30_days_wherever_it_has_spread() -> None:
    certain = ("assumptions.intelligence.lead_p_per_front_day=1", "assumptions.intelligence.wrong_record_share=1")
    e = exchange(*certain)
    e.learn_of_fronts(10, [np.array([3]), np.array([], np.int64)], innocents=5)
    (wrong,) = e.watchlists[ALD].values()
    e.enter(BER, wrong)
    e.enter(BER, Record(99, ALD, 10, wrong=False))
    e.withdraw(39)
    assert (len(e.watchlists[ALD]), len(e.watchlists[BER])) == (1, 2)
    e.withdraw(40)
    assert e.watchlists[ALD] == {}
    assert list(e.watchlists[BER]) == [99]
