"""Two measured windows in one run: what each holds, that they do not disturb one another, and what is kept between."""

import pandas as pd
import pytest

from experiments.compare import tables_of
from experiments.compose import compose
from experiments.draws import draws_of
from experiments.entries import EntryStore
from experiments.points import Point, run_points
from experiments.reporting import draw_figures, make_report
from experiments.statistics import t_quantile
from experiments.store import make_manifest
from experiments.tables import PRIMARY_INDICATORS, differences_table
from sim.ledger import Ledger
from sim.replication import ReplicationResult, replicate_once
from sim.settings.errors import SettingsError
from sim.settings.run import Length, RunSettings

TWO = ("length.burn_in_days=2", "length.window_days=4", "length.windows={transition: 0, mature: 9}")
ONE = (*TWO[:2], "length.windows={transition: 0}")


LIVELY = ("assumptions.consignments.prohibited_share=0.1", "assumptions.staff.learning_per_case=0.05")
FAMILY = ("training", "standardisation")


def length(mature: int, window: int = 30) -> Length:
    return Length(burn_in_days=3, window_days=window, windows={"transition": 0, "mature": mature}, cool_down_days=5)


def test_windows_count_from_the_policy_day_and_the_run_ends_with_the_last() -> None:
    two = length(640, 90)
    assert two.spans == {"transition": range(3, 93), "mature": range(643, 733)}
    assert (two.measured_until, two.total_days) == (733, 738)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("{transition: 0, mature: 3}", "windows.mature is 3, within the 4 days of the window before it"),
        ("{transition: 0, mature: null}", "mature"),
        ("{transition: -1}", "must be 0 or more"),
        ("{transition: 0, maturity: 9}", "mature"),
    ],
)
def test_windows_that_overlap_or_are_none_of_the_two_are_refused(words: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        compose("run", ["world=two_countries", *TWO[:2], f"length.windows={words}"])


def test_what_lies_between_the_windows_takes_no_room() -> None:
    near, far = Ledger(length(30)), Ledger(length(3000))
    for ledger in (near, far):
        for day in range(ledger.length.total_days):
            ledger.add("arrivals", "all", "per day", day, 2.0, 1.0)
    assert far.facts["arrivals", "all"].numerator.size == near.facts["arrivals", "all"].numerator.size + 1
    assert len(far.histogram) == len(near.histogram) + 1


def test_every_day_is_in_the_period_it_belongs_to() -> None:
    ledger = Ledger(length(100, 40))
    for day in range(ledger.length.total_days):
        ledger.add("days", "all", "per day", day, float(day), 1.0)
    fact = ledger.facts["days", "all"]
    sums = {p.name: (fact.numerator[p.slots].sum(), fact.denominator[p.slots].sum()) for p in ledger.periods()}
    want = {
        "transition": range(3, 43), "days 1-30": range(3, 33), "days 31-40": range(33, 43),
        "mature": range(103, 143), "days 101-130": range(103, 133), "days 131-140": range(133, 143),
        "all": range(3, 143),
    }  # fmt: skip
    assert sums == {name: (sum(days), len(days)) for name, days in want.items()}
    assert [day for day, _ in ledger.days_before(110)] == [*range(43), *range(103, 110)]


def rows(result: ReplicationResult, period: str) -> list[str]:
    return [repr(row) for row in result.indicators if row["period"] == period]


@pytest.mark.parametrize("engine", ["simpy", "oracle"])
def test_the_transition_is_the_same_whether_or_not_a_mature_window_follows(engine: str) -> None:
    """Given time to finish: a second window measures more and changes nothing of the first."""
    one, two = (
        replicate_once(compose("run", ["world=two_countries", f"engine={engine}", *words]).settings, 0)
        for words in (ONE, TWO)
    )
    assert rows(one, "transition") == rows(two, "transition")
    assert one.distribution["baseline"]["transition"].tolist() == two.distribution["baseline"]["transition"].tolist()
    assert rows(two, "mature") != []
    assert {row["day"] for row in two.daily} >= set(range(11, 15))
    assert not {row["day"] for row in two.daily} & set(range(6, 11))


def test_days_that_are_only_lived_change_no_bit_of_a_window_and_are_told_nowhere() -> None:
    words = ["world=two_countries", "engine=oracle", "scenario=combined", *TWO, *LIVELY]
    counted, lived = (
        replicate_once(compose("run", [*words, f"length.between={between}"]).settings, 0)
        for between in ("counted", "lived")
    )
    for window in ("transition", "mature"):
        assert rows(lived, window) == rows(counted, window) != []
    assert rows(counted, "all") != []
    assert rows(lived, "all") == []
    assert lived.daily == counted.daily


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunSettings, EntryStore, dict[str, pd.DataFrame]]:
    words = ["world=two_countries", "scenarios=[baseline,training,standardisation]", *TWO, "length.cool_down_days=2"]
    busy = ["assumptions.consignments.prohibited_share=0.2", "replications=2", "workers=1", "legs=true"]
    composed = compose("compare", [*words, *busy])
    settings, raw = composed.settings, composed.raw
    store = EntryStore(tmp_path_factory.mktemp("windows"))
    assert run_points([Point(0, settings)], store, progress=False).whole
    return settings, store, tables_of(settings, draws_of(settings, raw), store)[0]


def test_every_table_of_a_comparison_tells_the_windows_apart(
    compared: tuple[RunSettings, EntryStore, dict[str, pd.DataFrame]],
) -> None:
    settings, store, tables = compared
    for name in ("summary", "differences", "replications", "distribution", "strata"):
        assert {"transition", "mature"} <= set(tables[name]["period"]), name
    legs = store.read(Point(0, settings).key("baseline", 0), ["legs"]).tables["legs"]
    assert set(legs["period"]) == {"transition", "mature"}
    for period, days in settings.length.spans.items():
        assert set(legs[legs["period"] == period]["day"]) == set(days)
    journeys = tables["distribution"].groupby("period")["journeys"].max()
    cleared = tables["replications"].query(
        "scenario == 'baseline' and indicator == 'clearance_mean_h' and group == 'all'"
    )
    assert journeys.to_dict() == {
        p: cleared[cleared["period"] == p]["denominator"].sum() for p in ("transition", "mature")
    }


def test_one_family_of_simultaneous_intervals_spans_both_windows(
    compared: tuple[RunSettings, EntryStore, dict[str, pd.DataFrame]],
) -> None:
    primary = compared[2]["differences"].query("family == 'primary'")
    assert set(primary["indicator"]) == set(PRIMARY_INDICATORS)
    assert primary["period"].value_counts().to_dict() == {"transition": 4, "mature": 4}
    assert (primary["verdict"] != "").all()
    alone = differences_table(compared[2]["replications"].query("period == 'transition'"), "baseline", FAMILY)
    cell = "family == 'primary' and indicator == 'clearance_mean_h' and period == 'transition'"
    wide, narrow = (table.query(cell).eval("upper - lower").to_numpy() for table in (compared[2]["differences"], alone))
    # Bonferroni over two scenarios, two indicators and one or two windows; two replications, one degree of freedom
    assert wide / narrow == pytest.approx(t_quantile(1 - 0.025 / 8, 1) / t_quantile(1 - 0.025 / 4, 1))


def test_the_report_shows_both_windows(
    compared: tuple[RunSettings, EntryStore, dict[str, pd.DataFrame]], tmp_path: pytest.TempPathFactory
) -> None:
    settings, _, tables = compared
    drawn = draw_figures(tmp_path, settings, tables)
    assert {"trade_off_plane", "trade_off_plane_mature"} <= set(drawn)
    raw = compose("compare", ["world=two_countries"]).raw
    manifest = make_manifest(raw, seed=1, engine="simpy", wall_time_s=1.0, command_line="", data_hashes={})
    make_report(tmp_path / "report.html", settings, raw, tables, drawn, manifest)
    text = (tmp_path / "report.html").read_text()
    assert "the transition window, days 1-4 after go-live, and the mature window, days 10-13 after go-live" in text
    assert text.count("Values over the mature window") == 1


def test_set_up_paid_between_windows_is_not_lost_unsaid() -> None:
    words = ["world=two_countries", "scenarios=[baseline,data_sharing]", "length=two_years_in_brief"]
    decided = "scenarios.data_sharing.measures.data_sharing.starts_with=decision"
    with pytest.raises(SettingsError, match="length.between=counted"):
        compose("compare", [*words, decided])
    assert compose("compare", [*words, decided, "length.between=counted"]).settings.length.between == "counted"
