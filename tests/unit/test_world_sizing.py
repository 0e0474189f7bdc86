"""How many officers and clerks a world gets, and what becomes of wrong input."""

from collections.abc import Callable
from math import isnan
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from sim.settings.errors import SettingsError
from sim.settings.parameters import Parameters
from sim.settings.process import Process
from sim.settings.world import BorderWorld, InspectionWorld, QueueWorld, WorldSettings
from sim.world.brokers import office_shares, teams_of
from sim.world.build import build_world
from sim.world.reference import country_capacity, data_hashes
from sim.world.sizing import duty_min, expected_visits, false_alarm_share, units_for
from sim.world.volumes import daily_cv, month_means, port_months, weekday_shape
from sim.world.world import World

CONFIGS = Path(__file__).parents[2] / "configs"
ADAPTER: TypeAdapter[BorderWorld | QueueWorld | InspectionWorld] = TypeAdapter(WorldSettings)
EVERY_DAY = ((0, 1440),) * 7
WEEKDAYS_ONLY = (*(((480, 960),) * 5), None, None)


def _file(group: str, name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((CONFIGS / group / f"{name}.yaml").read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def parameters() -> Parameters:
    return Parameters.model_validate(yaml.safe_load((CONFIGS / "assumptions.yaml").read_text(encoding="utf-8")))


@pytest.fixture
def raw() -> dict[str, Any]:
    """The fictional world as plain settings, free to be spoiled."""
    world = _file("world", "two_countries")
    world.pop("defaults")
    processes = {"entry_process": _file("process", "asycuda"), "exit_process": _file("process", "export")}
    return world | processes | _file("traffic", "road")


@pytest.fixture
def build(raw: dict[str, Any], parameters: Parameters) -> Callable[[], World]:
    return lambda: build_world("spoiled", ADAPTER.validate_python(raw), parameters)


def test_the_largest_tenth_of_brokers_handles_its_share() -> None:
    for offices, top in ((10, 1), (30, 3), (4, 1), (100, 10)):
        shares = office_shares(offices, 0.5)
        assert sum(shares) == pytest.approx(1.0)
        assert sum(shares[:top]) == pytest.approx(0.5)
        assert list(shares) == sorted(shares, reverse=True)
    assert office_shares(1, 0.5) == (1.0,)
    assert office_shares(2, 0.3) == (0.5, 0.5)


def test_a_long_broker_day_is_split_between_teams() -> None:
    assert teams_of(["06:00-14:00"]) == ((360, 840),)
    assert teams_of(["05:00-23:00"]) == ((300, 840), (840, 1380))
    assert teams_of([]) == ()


def test_units_keep_to_the_load_they_are_sized_to() -> None:
    on_duty = duty_min(((480, 960),), WEEKDAYS_ONLY)
    assert on_duty == 5 * 480
    assert duty_min((), WEEKDAYS_ONLY) == 5 * 480
    assert duty_min(((0, 600), (600, 1440)), WEEKDAYS_ONLY) == 5 * 480
    assert units_for(0.0, on_duty, 0.7) == 1
    assert units_for(5 * 480 * 1.4, on_duty, 0.7) == 2
    assert units_for(5 * 480 * 1.41, on_duty, 0.7) == 3


def test_sized_pools_are_at_most_as_busy_as_asked_and_one_fewer_would_be_too_few(
    build: Callable[[], World], raw: dict[str, Any]
) -> None:
    world = build()
    sized = 0
    for pool in world.pools:
        asked = raw["pools"].get(pool.name.split("/")[1], {}).get("load")
        asked = asked["centre"] if asked else 0.7 if pool.kind == "clerk" else None
        if asked is not None and not isnan(pool.expected_load):
            sized += 1
            assert pool.expected_load <= asked + 1e-9
            assert pool.base == 1 or pool.expected_load * pool.base / (pool.base - 1) > asked
    assert sized > 20


def test_document_officers_are_sized_to_the_checks_of_the_importing_country(build: Callable[[], World]) -> None:
    world = build()
    importer = next(c for c in world.countries if c.key == "BER")
    stonebridge = next(p for p in world.posts if p.name == "Stonebridge")
    pool = next(p for p in world.pools if p.name == "Stonebridge/documents")
    checks = stonebridge.per_day * 0.7 * (importer.red_share + importer.yellow_share)
    minutes = 40 + 20 * 0.1 / importer.skill_mean
    mismatch = 1 - (1 - 0.004 * 2) ** 20
    queried = mismatch * (0.3 + 0.5 * importer.skill_mean)
    expected = checks * minutes / (1 - queried) / (1440 * pool.base)
    assert pool.expected_load == pytest.approx(expected)


def test_a_rested_reader_calls_about_one_clean_image_in_twenty_five_suspicious(parameters: Parameters) -> None:
    assert false_alarm_share(0.7, parameters) == pytest.approx(0.04, abs=0.003)


def test_expected_visits_follow_the_declared_routes(raw: dict[str, Any]) -> None:
    process = Process.model_validate(raw["entry_process"])
    shares: dict[str, tuple[float, ...]] = {
        "always": (1.0,),
        "validation": (0.75, 0.25),
        "channel": (0.5, 0.2, 0.3),
        "document": (0.8, 0.2, 0.0),
    }
    shares |= {"control": (0.6, 0.1, 0.3), "image": (0.9, 0.1), "found": (1.0, 0.0), "agency": (0.9, 0.1)}
    paper = expected_visits(process, "prepare", shares)
    assert paper["prepare"] == pytest.approx(1 / 0.75)
    assert paper["document_check"] == pytest.approx(0.5 / 0.8)
    assert paper["payment"] == pytest.approx(1.0)
    goods = expected_visits(process, "approach", shares)
    assert goods["examination"] == pytest.approx(0.3 + 0.1 * 0.1)
    assert goods["agency"] == pytest.approx(0.1)


def test_a_process_that_never_ends_is_refused(raw: dict[str, Any], build: Callable[[], World]) -> None:
    by_name = {s["name"]: s for s in raw["entry_process"]["stages"]}
    by_name["payment"]["to"] = {"always": "query"}
    by_name["document_check"] |= {"route": "always", "to": {"always": "payment"}}
    with pytest.raises(SettingsError, match="go round for ever"):
        build()


def test_monthly_counts_are_kept_whatever_days_are_open() -> None:
    months = port_months("Ysleta", 2024)
    assert sum(months) == 670_627
    weights = weekday_shape((2.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0))
    assert weights == (1, 1, 1, 1, 1, 0.5, 0.5)
    open_days = month_means(months, 2024, weights, WEEKDAYS_ONLY)
    assert open_days[1] == pytest.approx(months[1] / 21)
    assert month_means(months, 2024, weights, EVERY_DAY)[1] == pytest.approx(months[1] / 25)


def test_variation_between_days_falls_with_volume(parameters: Parameters) -> None:
    assert [daily_cv(v, parameters.demand) for v in (50, 300, 1000, 1001)] == [0.25, 0.18, 0.18, 0.147]


def test_zero_traffic_and_zero_officers_are_worlds_too(raw: dict[str, Any], build: Callable[[], World]) -> None:
    raw["posts"]["Lowmarsh"]["journeys_per_day"] = 0
    raw["pools"]["primary"] |= {"base": 0, "reserve": 0}
    world = build()
    assert world.mean_journeys(0, 0) == 0
    primary = next(p for p in world.pools if p.name == "Lowmarsh/primary")
    assert primary.units == 0
    assert isnan(primary.expected_load)
    assert world.posts[0].traders == 12


def test_a_post_may_change_a_pool_of_the_world(raw: dict[str, Any], build: Callable[[], World]) -> None:
    raw["posts"]["Lowmarsh"]["pools"] = {"primary": {"kind": "officer", "side": "entry", "base": 4}}
    primary = {p.name: p for p in build().pools if p.name.endswith("/primary")}
    assert (primary["Lowmarsh/primary"].base, primary["Stonebridge/primary"].base) == (4, 1)


def test_a_bigger_gap_between_forms_needs_more_clerks(raw: dict[str, Any], build: Callable[[], World]) -> None:
    def clerks() -> int:
        world = build()
        return sum(world.pools[b.pool].base for b in world.brokers)

    before = clerks()
    raw["pairs"][0]["rekeyed_elements"] = 160
    assert clerks() > before


def test_data_tables_are_known_by_their_hashes() -> None:
    hashes = data_hashes()
    assert "bts_trucks/bts_trucks_by_port_month_2015_2025.csv" in hashes
    assert "reference/countries.csv" in hashes
    assert all(len(h) == 64 for h in hashes.values())
    assert country_capacity("USA") == 0.7817


Spoil = Callable[[dict[str, Any]], object]
BAD: dict[str, tuple[Spoil, str]] = {
    "unknown country": (
        lambda w: (w["countries"].update(USB={"title": "x"}), w["posts"]["Lowmarsh"].update(exit_country="USB")),
        "USB.*give its capacity01.*did you mean.*USA",
    ),
    "pair without reference": (lambda w: w["pairs"][0].update(tension=None), "ALD>BER.*give common_language"),
    "pair missing": (lambda w: w["pairs"].pop(1), "pair BER>ALD is missing"),
    "pair twice": (lambda w: w["pairs"].append(w["pairs"][0]), "ALD>BER stands 2 times"),
    "unknown pool at a post": (
        lambda w: w["posts"]["Lowmarsh"].update(pools={"primry": {"kind": "officer", "side": "entry", "base": 1}}),
        "pools.primry.*did you mean primary",
    ),
    "stage without pool": (lambda w: w["pools"].pop("bays"), "stage examination needs pool bays"),
    "no arrivals while open": (
        lambda w: w.update(hour_weights={k: 1.0 if k == "h03" else 0.0 for k in w["hour_weights"]}),
        "Lowmarsh.hours.monday: no hour_weights",
    ),
    "never open": (
        lambda w: w["posts"]["Lowmarsh"].update(hours=dict.fromkeys(w["posts"]["Lowmarsh"]["hours"])),
        "journeys_per_day is 25 but no open day",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_wrong_input_is_refused_in_one_sentence_with_a_cure(
    case: str, raw: dict[str, Any], build: Callable[[], World]
) -> None:
    spoil, message = BAD[case]
    spoil(raw)
    with pytest.raises(SettingsError, match=message) as caught:
        build()
    assert "\n" not in str(caught.value)
    assert ";" in str(caught.value)


@pytest.mark.parametrize(
    ("port", "year", "message"),
    [
        ("Yselta", 2024, "did you mean Ysleta"),
        ("Ysleta", 2025, "2 months of counts in 2025.*complete years are 2021, 2022, 2023, 2024"),
        ("Ysleta", 1990, "0 months of counts in 1990"),
        ("Eastport", 2024, "name of 2 ports"),
    ],
)
def test_a_port_or_year_without_counts_is_refused(port: str, year: int, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        port_months(port, year)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("empty_share", 1.2),
        ("posts", {}),
        ("start_date", 5),
        ("start_date", "2024-13-01"),
        ("mode", "rail"),
        ("surplus", 1),
    ],
)
def test_values_out_of_range_never_reach_the_builder(key: str, value: object, raw: dict[str, Any]) -> None:
    raw[key] = value
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(raw)
