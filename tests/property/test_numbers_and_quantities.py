"""Quantiles, counts and quantities do what their names say, for all values."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import assume, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats

from experiments.folders import shipped_configs
from sim.consignments.laws import quantile_min
from sim.consignments.potential import poisson_quantile
from sim.indicators import quantile_h
from sim.ledger import BINS, BINS_PER_E, FIRST_BIN_H, bin_edges_h, bin_of
from sim.settings.process import Service
from sim.settings.strict import LARGEST, Quantity, quantities

EXAMPLES = examples(max_examples=200, deadline=None, derandomize=True)
uniforms = st.floats(1e-9, 1 - 1e-9)
finite = st.floats(allow_nan=False, allow_infinity=False, width=32)
hours = st.floats(FIRST_BIN_H, 359.0)
FILES = sorted(shipped_configs().rglob("*.yaml"))


# -- distribution of clearance ----------------------------------------------------------------------------------


@EXAMPLES
@given(st.lists(hours, min_size=1, max_size=300), st.floats(0.001, 0.999))
def test_a_quantile_of_clearance_is_the_samples_within_a_bin(clearance: list[float], share: float) -> None:
    sample = np.array(clearance)
    found = quantile_h(np.bincount(bin_of(sample), minlength=BINS), share)
    # the sample's own quantile, a rounding error to either side where the share falls between two lorries
    low, high = (np.quantile(sample, np.clip(share + e, 0, 1), method="inverted_cdf") for e in (-1e-9, 1e-9))
    width = np.exp(1.0 / BINS_PER_E)
    assert low / width * (1 - 1e-12) <= found <= high * width * (1 + 1e-12)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.95])
@pytest.mark.parametrize("seed", range(3))
def test_quantiles_of_many_lorries_agree_with_numpy_to_half_a_percent(share: float, seed: int) -> None:
    sample = np.random.default_rng(seed).lognormal(0.5, 1.0, 20_000)
    found = quantile_h(np.bincount(bin_of(sample), minlength=BINS), share)
    assert found == pytest.approx(float(np.quantile(sample, share)), rel=1.0 / BINS_PER_E)


@EXAMPLES
@given(st.lists(hours, min_size=1, max_size=50), uniforms, uniforms)
def test_a_higher_quantile_is_never_shorter(clearance: list[float], a: float, b: float) -> None:
    histogram = np.bincount(bin_of(np.array(clearance)), minlength=BINS)
    low, high = sorted((a, b))
    assert quantile_h(histogram, low) <= quantile_h(histogram, high)


@EXAMPLES
@given(st.floats(0, 1e6))
def test_every_duration_has_one_bin_that_holds_it(duration_h: float) -> None:
    k = int(bin_of(np.array([duration_h]))[0])
    edges = bin_edges_h()
    assert 0 <= k < BINS
    if k < BINS - 1:
        assert duration_h <= edges[k] * (1 + 1e-12)
    if k > 0:
        assert duration_h >= edges[k - 1] * (1 - 1e-12)


def test_the_quantile_of_nobody_is_not_defined() -> None:
    assert np.isnan(quantile_h(np.zeros(BINS, np.int64), 0.5))


# -- counts and durations by quantile ---------------------------------------------------------------------------


@EXAMPLES
@given(uniforms, st.floats(1e-6, 5e3))
def test_a_poisson_quantile_is_scipys(u: float, mean: float) -> None:
    k = int(poisson_quantile(np.array([u]), np.array([mean]))[0])
    # where u is a value of the distribution function itself, the last bit decides, and either neighbour is right
    assume(np.abs(stats.poisson.cdf([k - 1, k], mean) - u).min() > 1e-12)
    assert k == int(stats.poisson.ppf(u, mean))


@EXAMPLES
@given(st.floats(0, 1 - 1e-9), st.floats(1e-6, 5e3))
def test_a_poisson_quantile_is_the_smallest_count_that_reaches_its_share(u: float, mean: float) -> None:
    k = int(poisson_quantile(np.array([u]), np.array([mean]))[0])
    assert stats.poisson.cdf(k, mean) >= u - 1e-12
    assert k == 0 or stats.poisson.cdf(k - 1, mean) <= u + 1e-12


@EXAMPLES
@given(uniforms, uniforms, st.floats(0, 1e3), st.floats(0, 1e3))
def test_more_luck_or_more_traffic_never_means_fewer_lorries(u: float, v: float, a: float, b: float) -> None:
    u_low, u_high = sorted((u, v))
    low, high = sorted((a, b))
    count = poisson_quantile(np.array([u_low, u_high, u_low, u_high]), np.array([low, low, high, high]))
    assert count[0] <= count[1] <= count[3]
    assert count[0] <= count[2] <= count[3]


def test_no_traffic_means_no_lorries_whatever_the_luck() -> None:
    assert not poisson_quantile(np.linspace(0, 1 - 1e-12, 50), np.zeros(50)).any()


@EXAMPLES
@given(
    st.builds(Service, law=st.sampled_from(("lognormal", "exponential", "fixed")), mean_min=st.floats(0.01, 1e3),
              sigma=st.floats(0, 2)),
    st.floats(-6, 6),
    st.floats(-6, 6),
)  # fmt: skip
def test_a_duration_grows_with_its_luck_and_is_positive(service: Service, a: float, b: float) -> None:
    low, high = quantile_min(service, np.sort(np.array([a, b])))
    assert 0.0 < low <= high


@pytest.mark.parametrize(("law", "sigma"), [("lognormal", 0.5), ("lognormal", 1.0), ("exponential", 0.0), ("fixed", 0)])
def test_the_mean_of_a_service_law_is_its_mean(law: str, sigma: float) -> None:
    service = Service.model_validate({"law": law, "mean_min": 12.0, "sigma": sigma})
    z = stats.norm.ppf((np.arange(400_000) + 0.5) / 400_000)
    assert quantile_min(service, z).mean() == pytest.approx(12.0, rel=2e-3)


# -- quantities -------------------------------------------------------------------------------------------------


@EXAMPLES
@given(finite, finite, finite)
def test_a_quantity_is_refused_exactly_when_it_is_negative_absurd_or_its_centre_lies_outside_its_range(
    a: float, b: float, c: float
) -> None:
    row = {"centre": a, "low": b, "high": c, "unit": "min", "source": "assumption"}
    if 0 <= b <= a <= c <= LARGEST:
        assert Quantity.model_validate(row).centre == a
    else:
        with pytest.raises(
            ValidationError, match="lies outside its range|must not be negative|or less; look at its unit"
        ):
            Quantity.model_validate(row)


@EXAMPLES
@given(st.floats(0, 3), st.sampled_from(("share of lorries", "probability per day")))
def test_a_share_or_probability_is_refused_exactly_when_it_may_exceed_one(high: float, unit: str) -> None:
    row = {"centre": 0.0, "low": 0.0, "high": high, "unit": unit, "source": "assumption"}
    if high <= 1:
        assert Quantity.model_validate(row).high == high
    else:
        with pytest.raises(ValidationError, match="must be 1 or less"):
            Quantity.model_validate(row)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}/{f.stem}")
def test_every_shipped_quantity_has_its_centre_in_its_range_a_unit_and_a_source(file: Path) -> None:
    raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    for path, row in quantities(raw):
        assert row.low <= row.centre <= row.high, path
        assert row.unit.strip(), path
        assert row.source.strip(), path


def test_the_shipped_settings_hold_many_quantities() -> None:
    rows = [r for f in FILES for r in quantities(yaml.safe_load(f.read_text(encoding="utf-8")))]
    assert len(rows) > 200
