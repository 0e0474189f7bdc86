"""What is lodged shows of the truth only a shift in declared features, and selectivity can read nothing else."""

from dataclasses import fields, replace

import numpy as np
import pytest
from numpy.typing import NDArray
from unit_world import settings_of, world_of

from sim.consignments.consignment import FALSE_ORIGIN, HONEST_ERROR, UNDERVALUATION, Consignments
from sim.consignments.declaration import LOCAL, RECORD, Declarations, lodge, with_record
from sim.consignments.numbers import Numbers
from sim.consignments.potential import FEATURES, Demand

P = world_of().parameters.consignments
DAY = Demand(world_of(), Numbers(1, 0), settings_of().tick_ms).day(1)
N = len(DAY)
KEPT = np.ones(N)


def truth(prohibited: int = 0, fiscal: int = 0) -> Consignments:
    """Every journey alike."""
    nobody = np.full(N, -1)
    return Consignments(np.full(N, prohibited), nobody, nobody, nobody, np.full(N, fiscal), np.ones(N))


def shift(what: Consignments) -> NDArray[np.float64]:
    return lodge(P, DAY, what, "entry", KEPT).features - lodge(P, DAY, truth(), "entry", KEPT).features


@pytest.mark.parametrize("what", [truth(prohibited=1), truth(fiscal=UNDERVALUATION), truth(fiscal=FALSE_ORIGIN)])
def test_irregular_goods_shift_every_declared_feature_a_little(what: Consignments) -> None:
    assert shift(what)[:, :RECORD] == pytest.approx(0.35)
    assert (shift(what)[:, RECORD] == 0).all()


def test_an_honest_error_shows_in_no_feature() -> None:
    assert (shift(truth(fiscal=HONEST_ERROR)) == 0).all()


def test_a_lorry_with_prohibited_goods_and_fraud_shows_the_trace_of_the_goods() -> None:
    weak = P.model_copy(update={"feature_shift_fiscal": 0.1})
    both = lodge(weak, DAY, truth(prohibited=2, fiscal=UNDERVALUATION), "entry", KEPT)
    clean = lodge(weak, DAY, truth(), "entry", KEPT)
    assert (both.features - clean.features)[:, 0] == pytest.approx(0.35)


def test_who_smuggles_and_how_well_it_is_hidden_leave_no_trace() -> None:
    one = truth(prohibited=1)
    other = replace(one, organisation=np.arange(N), arm=np.arange(N) % 6, concealment=np.full(N, 9.0))
    assert np.array_equal(lodge(P, DAY, one, "entry", KEPT).features, lodge(P, DAY, other, "entry", KEPT).features)


@pytest.mark.parametrize("kept", [0.0, 0.5, 1.0])
def test_a_form_that_drops_the_local_element_drops_its_feature_alone(kept: float) -> None:
    full = lodge(P, DAY, truth(prohibited=1), "entry", KEPT).features
    cut = lodge(P, DAY, truth(prohibited=1), "entry", np.full(N, kept)).features
    assert FEATURES[LOCAL] == "local_element"
    assert cut[:, LOCAL] == pytest.approx(kept * full[:, LOCAL])
    assert np.array_equal(np.delete(cut, LOCAL, axis=1), np.delete(full, LOCAL, axis=1))


def test_the_record_column_is_empty_until_the_receiving_country_fills_it() -> None:
    declared = lodge(P, DAY, truth(), "entry", KEPT)
    assert (declared.features[:, RECORD] == 0).all()
    record = np.arange(DAY.trader.max() + 1.0)
    filled = with_record(declared, record[DAY.trader])
    assert np.array_equal(filled[:, RECORD], DAY.trader.astype(float))
    assert np.array_equal(filled[:, :RECORD], declared.features[:, :RECORD])
    assert (declared.features[:, RECORD] == 0).all()


def test_a_declaration_has_no_field_of_the_truth() -> None:
    assert {f.name for f in fields(Declarations)} == {"trader", "features", "noise"}
    secrets = {f.name for f in fields(Consignments)} | {"irregular", "headline"}
    assert not secrets & {name for name in dir(Declarations) if not name.startswith("_")}


def test_exit_and_entry_scores_err_independently() -> None:
    noise = [lodge(P, DAY, truth(), side, KEPT).noise for side in ("exit", "entry")]
    assert not np.array_equal(noise[0], noise[1])
