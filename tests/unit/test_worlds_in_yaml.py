"""A world of any countries of the reference tables is made in YAML alone."""

from pathlib import Path

import pytest

from experiments.compose import compose
from experiments.listing import built
from sim.replication import replicate_once
from sim.settings.errors import SettingsError
from sim.world.reference import country_capacity, read_rows

OPEN = "{monday: 06:00-22:00, tuesday: 06:00-22:00, wednesday: 06:00-22:00, thursday: 06:00-22:00, friday: 06:00-22:00, saturday: 06:00-22:00, sunday: null}"
POOLS = {
    "primary": "officer, side: entry", "exit_gate": "officer, side: exit", "documents": "officer, side: entry, skill: document",
    "scanner": "device, side: entry", "image_analyst": "analyst, side: entry, skill: image", "bays": "device, side: entry",
    "inspectors": "officer, side: entry, skill: search", "seals": "officer, side: entry", "agency": "agency, side: entry",
    "bank": "bank, side: entry", "exit_inspectors": "officer, side: exit, skill: search",
}  # fmt: skip
SHARES = "shares: {funds: {short: 0.2}, payment: {electronic: 0.5, deferred: 0.1}, one_stop: {together: 1}, joint: {jointly: 0}, agency_way: {delegated: 0}, guarantee: {regional: 0}, seal: {electronic: 0}, escort: {convoy: 0.5}}"
MEASURED = """
exit_process: null
empty_share: 0.2
aeo_share: 0.1
scan_share: 0.1
exit_red_share: 0.0
agency_share: 0.1
transit_min: {law: fixed, mean_min: 1}
pickup: {law: fixed, mean_min: 1}
channel_policy: capacity_aware
fitted: nothing
not_for: anything
"""


def write_world(folder: Path, name: str, origin: str, destination: str, process: str, more: str = "") -> None:
    pools = "\n".join(f"  {pool}: {{kind: {kind}, load: 0.6}}" for pool, kind in POOLS.items())
    pairs = "\n".join(
        f"  - {{origin: {a}, destination: {b}, rekeyed_elements: 20, legal_basis: none, channel: formal}}"
        for a, b in ((origin, destination), (destination, origin))
    )
    (folder / "world").mkdir(exist_ok=True)
    (folder / "world" / f"{name}.yaml").write_text(
        f"defaults:\n  - /process@entry_process: {process}\n  - /traffic@_here_: road\n  - _self_\n{more}"
        f'kind: border\ntitle: {name}\ndescription: {name}\nfictional: false\nmode: road\nstart_date: "2024-01-01"\n'
        f"countries: {{{origin}: {{title: {origin}}}, {destination}: {{title: {destination}}}}}\n"
        f"pairs:\n{pairs}\npools:\n{pools}\n"
        f"posts:\n  Gate: {{exit_country: {origin}, entry_country: {destination}, journeys_per_day: 40, hours: {OPEN}}}\n"
        + MEASURED,
        encoding="utf-8",
    )


def test_ghana_and_ivory_coast_with_a_bank_and_transit(tmp_path: Path) -> None:
    write_world(tmp_path, "elubo", "GHA", "CIV", "asycuda_bank")
    file = tmp_path / "world" / "elubo.yaml"
    text = file.read_text(encoding="utf-8")
    transit = "  - /process@regime_processes.transit: transit_seal\n  - _self_\n"
    file.write_text(
        text.replace("  - _self_\n", transit) + f"{SHARES}\nregime_shares: {{transit: 0.4}}\n", encoding="utf-8"
    )
    settings = compose("run", ["world=elubo", "length=smoke", "engine=simpy"], tmp_path).settings
    world = built(settings)
    assert {c.key for c in world.countries} == {"GHA", "CIV"}
    assert world.posts[0].regime_shares == pytest.approx((0.48, 0, 0.32, 0, 0.2))
    rows = {(r["indicator"], r["group"]): r for r in replicate_once(settings, 0).indicators}
    for regime in ("home_use", "transit"):
        assert rows["clearance_mean_h", f"regime={regime}"]["denominator"] > 20


def test_thailand_and_malaysia_lodged_before_arrival(tmp_path: Path) -> None:
    write_world(tmp_path, "sadao", "THA", "MYS", "prelodged_periodic_payment")
    world = built(compose("run", ["world=sadao"], tmp_path).settings)
    tiers = {c.key: c.tier01 for c in world.countries}
    assert tiers["MYS"] == pytest.approx((country_capacity("MYS") - 0.4) / 0.4)
    assert {p.name for p in world.pairs} == {"MYS>THA", "THA>MYS"}


def test_an_unknown_country_is_refused_with_the_nearest(tmp_path: Path) -> None:
    assert len(read_rows("reference", "countries.csv")) == 60
    write_world(tmp_path, "typo", "GHN", "CIV", "asycuda")
    with pytest.raises(
        SettingsError, match=r"^world.countries.GHN: GHN is not among the 60 countries .* did you mean .*GHA"
    ):
        built(compose("run", ["world=typo"], tmp_path).settings)
