"""Worlds as shipped: what they hold, where it comes from, and that the order of input is no matter."""

import csv
from collections.abc import Callable
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from statistics import mean, median
from typing import Any, get_args

import pytest
import yaml
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from pydantic import BaseModel, TypeAdapter

from sim.settings.parameters import Parameters
from sim.settings.process import Process
from sim.settings.strict import Name, Quantity
from sim.settings.world import Band, BorderWorld, InspectionWorld, QueueWorld, WorldSettings
from sim.world.build import build_world
from sim.world.countries import TRUST_FLOOR
from sim.world.world import World

CONFIGS = Path(__file__).parents[2] / "configs"
WORLDS = sorted(f.stem for f in (CONFIGS / "world").glob("*.yaml"))
ADAPTER: TypeAdapter[BorderWorld | QueueWorld | InspectionWorld] = TypeAdapter(WorldSettings)


@cache
def _composed(group: str, name: str) -> str:
    """A shipped group file, composed by Hydra with the groups its defaults list pulls in."""
    with initialize_config_dir(str(CONFIGS.resolve()), version_base="1.3"):
        return OmegaConf.to_yaml(compose(overrides=[f"+{group}={name}"])[group])


def read(group: str, name: str) -> dict[str, Any]:
    """A shipped group file as plain settings, free to be changed."""
    raw: dict[str, Any] = yaml.safe_load(_composed(group, name))
    return raw


@pytest.fixture(scope="module")
def parameters() -> Parameters:
    return Parameters.model_validate(yaml.safe_load((CONFIGS / "assumptions.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def build(parameters: Parameters) -> Callable[[str], World]:
    return lambda name: build_world(name, ADAPTER.validate_python(read("world", name)), parameters)


@pytest.mark.parametrize("name", WORLDS)
def test_every_shipped_world_builds(name: str, build: Callable[[str], World]) -> None:
    world = build(name)
    assert world.posts
    assert sum(world.mean_journeys(i, 0) for i in range(len(world.posts))) > 0


def test_a_world_brings_its_processes_and_traffic_with_it() -> None:
    world = read("world", "us_mexico")
    assert world["entry_process"] == read("process", "prelodged_periodic_payment")
    assert world["exit_process"] == read("process", "export")
    assert world["weekday_weights"] == read("traffic", "road")["weekday_weights"]


def test_us_mexico_carries_the_published_volumes_of_2024(build: Callable[[str], World]) -> None:
    world = build("us_mexico")
    published = {"El Paso": 133_841, "Santa Teresa": 169_241, "Tornillo": 20_840, "Ysleta": 670_627}
    assert {p.name: round(p.per_day * 366) for p in world.posts} == published
    for i, post in enumerate(world.posts):
        year = sum(world.mean_journeys(i, day) for day in range(366))
        assert year == pytest.approx(published[post.name])
    ysleta_january = sum(world.mean_journeys(3, day) for day in range(31))
    assert ysleta_january == pytest.approx(55_027)


def test_no_journey_is_planned_on_a_sunday_when_the_post_is_closed(build: Callable[[str], World]) -> None:
    world = build("us_mexico")
    sundays = [day for day in range(28) if world.weekday(day) == 6]
    assert len(sundays) == 4
    assert all(world.mean_journeys(i, day) == 0 for i in range(4) for day in sundays)
    fictional = build("two_countries")
    stonebridge = [p.name for p in fictional.posts].index("Stonebridge")
    assert fictional.mean_journeys(stonebridge, sundays[0]) > 0


def test_countries_stand_between_the_tiers_as_the_reference_table_has_them(build: Callable[[str], World]) -> None:
    mexico, usa = build("us_mexico").countries
    assert usa.tier01 == pytest.approx((0.7817 - 0.4) / 0.4)
    assert usa.tier01 == pytest.approx(0.954, abs=5e-4)
    assert mexico.tier01 == pytest.approx(0.307, abs=5e-4)
    assert usa.red_share == pytest.approx(0.35 + (0.02 - 0.35) * usa.tier01)
    assert mexico.answer_mean_h == pytest.approx(24 - 20 * mexico.tier01)
    assert usa.recorded_share > mexico.recorded_share
    assert usa.lorry_usd_per_h == pytest.approx(87.4, abs=0.1)


def test_starting_trust_follows_border_language_and_tension(build: Callable[[str], World]) -> None:
    pair = build("us_mexico").pairs[0]
    assert pair.name == "MEX>USA"
    assert pair.no_common_language == 1.0
    assert pair.trust_start == pytest.approx(0.3 + 0.1 - 0.3 * 0.7118, abs=1e-3)


def test_trust_starts_lower_between_administrations_that_work_and_speak_differently(parameters: Parameters) -> None:
    raw = read("world", "us_mexico")
    alike = build_world("w", ADAPTER.validate_python(raw), parameters).pairs
    raw["pairs"][0]["cultural_distance"] = 0.5
    apart = build_world("w", ADAPTER.validate_python(raw), parameters).pairs
    assert alike[0].trust_start - apart[0].trust_start == pytest.approx(
        min(0.2 * 0.5, alike[0].trust_start - TRUST_FLOOR)
    )
    assert apart[1] == alike[1]


def test_an_agreement_raises_starting_trust_and_a_memorandum_does_not(parameters: Parameters) -> None:
    raw = read("world", "us_mexico")
    trust = {}
    for basis in ("none", "memorandum", "agreement"):
        raw["pairs"][0]["legal_basis"] = basis
        trust[basis] = build_world("w", ADAPTER.validate_python(raw), parameters).pairs[0].trust_start
    assert trust["none"] == trust["memorandum"]
    assert trust["agreement"] == pytest.approx(trust["none"] + 0.2)


def test_the_order_in_which_a_world_is_written_is_no_matter(parameters: Parameters) -> None:
    for name in ("us_mexico", "two_countries"):
        raw = read("world", name)
        turned = dict(raw)
        for key in ("countries", "posts", "pools"):
            turned[key] = dict(reversed(raw[key].items()))
        turned["pairs"] = raw["pairs"][::-1]
        first = build_world(name, ADAPTER.validate_python(raw), parameters)
        second = build_world(name, ADAPTER.validate_python(turned), parameters)
        assert first == second
        for things in (first.posts, first.pools, first.brokers):
            names = [t.name for t in things]
            assert names == sorted(names)


def test_brokers_close_at_night_at_a_post_that_never_closes(build: Callable[[str], World]) -> None:
    world = build("two_countries")
    post = [p.name for p in world.posts].index("Stonebridge")
    assert world.posts[post].hours == ((0, 1440),) * 7
    clerks = [world.pools[b.pool] for b in world.brokers if b.post == post]
    assert all(pool.teams == ((420, 780), (780, 1140)) for pool in clerks)


def test_the_week_is_that_of_pacific_highway_southbound() -> None:
    table = files("sim.world") / "data" / "cascade_gateway" / "all_trucks_20180101_20200331.csv"
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    column = "Sum - Volume (Pacific Highway South Trucks)"
    days: list[list[float]] = [[] for _ in range(7)]
    for row in rows:
        if row[column]:
            days[datetime.fromisoformat(row["Group Starts"]).weekday()].append(float(row[column]))
    means = [mean(c for c in counts if c >= 0.25 * median(counts)) for counts in days]
    shipped = [q["centre"] for q in read("traffic", "road")["weekday_weights"].values()]
    assert shipped == pytest.approx([m / mean(means[:5]) for m in means], abs=1e-3)


def test_three_quarters_of_arrivals_fall_in_daytime_as_at_malaba() -> None:
    shape = [q["centre"] for q in read("traffic", "road")["hour_weights"].values()]
    assert sum(shape[7:21]) / sum(shape) == pytest.approx(0.75, abs=0.01)


def test_the_validation_waits_of_ysleta_average_thirty_one_minutes() -> None:
    name = "ysleta_commercial_avg_wait_month_weekday_hour.csv"
    table = files("sim.world") / "data" / "cbp_elpaso_waits" / name
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert mean(float(row["avg_wait_min"]) for row in rows) == pytest.approx(31.4, abs=0.05)


def test_known_worlds_replace_what_their_answer_depends_on(build: Callable[[str], World]) -> None:
    blind = build("known_blind_inspection")
    e = blind.parameters.examination
    dose = e.full_min * e.dose_per_min * blind.countries[0].skill_mean / e.reference_skill * e.equipment
    assert dose == pytest.approx(1.5)
    assert blind.countries[blind.posts[0].entry_country].red_share == 0.2
    assert (blind.smuggling, blind.fraud, blind.channel_policy) == (False, False, "blind")
    assert blind.blind_prohibited_share == 0.2
    queue = build("known_mmc")
    assert queue.pools[0].units == 3
    assert queue.pools[0].expected_load == pytest.approx(0.8)
    assert queue.mean_journeys(0, 0) == pytest.approx(14.4 * 24)
    assert build("known_priority").aeo_share == 0.3


def _bare(value: Any, annotation: Any, path: str) -> list[str]:
    """Paths of plain numbers that stand where a settings model has a number with unit and source."""
    if isinstance(value, bool | str) or value is None or Quantity in get_args(annotation):
        return []
    if isinstance(value, dict):
        if "centre" in value:
            Quantity.model_validate(value)
            return []
        if Band in _models(annotation):  # low and high share the unit and source beside them
            Band.model_validate(value)
            return []
        return [p for key, v in value.items() for p in _bare(v, _field(annotation, key), f"{path}.{key}")]
    if isinstance(value, list):
        return [p for i, v in enumerate(value) for p in _bare(v, _item(annotation), f"{path}[{i}]")]
    return [] if isinstance(value, int) and annotation is int else [path]


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for a in get_args(annotation) for m in _models(a)]


def _field(annotation: Any, key: str) -> Any:
    for model in _models(annotation):
        if key in model.model_fields:
            found = model.model_fields[key].annotation
            whole = [a for a in (found, *get_args(found)) if a is int or int in get_args(a)]
            return int if whole else found
    return _item(annotation)


def _item(annotation: Any) -> Any:
    inner = [a for a in get_args(annotation) if a not in (str, Name, type(None), ...)]
    return inner[0] if inner else annotation


@pytest.mark.parametrize("name", WORLDS)
def test_every_number_of_a_shipped_world_has_unit_range_and_source(name: str) -> None:
    raw = read("world", name)
    model = type(ADAPTER.validate_python(raw))
    assert _bare(raw, model, name) == []


@pytest.mark.parametrize("name", sorted(f.stem for f in (CONFIGS / "process").glob("*.yaml")))
def test_every_number_of_a_shipped_process_has_unit_range_and_source(name: str) -> None:
    raw = read("process", name)
    if all("token" in stage for stage in raw["stages"]):  # others take stages over from the process of home use
        Process.model_validate(raw)
    assert _bare(raw, Process, name) == []


def test_a_bare_number_in_a_world_would_be_noticed() -> None:
    raw = read("world", "two_countries")
    raw["empty_share"] = 0.3
    raw["posts"]["Lowmarsh"]["km"] = {"Stonebridge": 35}
    assert _bare(raw, BorderWorld, "w") == ["w.empty_share", "w.posts.Lowmarsh.km.Stonebridge"]
