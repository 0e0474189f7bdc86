"""A declared process is refused where its goods could end before their papers, or a token would walk the other's way."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from pydantic import ValidationError

from sim.settings.errors import SettingsError
from sim.settings.process import Process

Raw = dict[str, Any]


def stage(name: str, to: dict[str, str], **other: Any) -> Raw:
    return {"name": name, "to": to, "token": "goods", "kind": "choice", **other}


def process() -> Raw:
    """Papers in one stage; goods that are controlled, wait for their papers, and are examined after that."""
    delay = {"kind": "delay", "service": {"law": "fixed", "mean_min": 5}}
    return {
        "title": "small",
        "lodgement": {"timing": "before", "high_tier_h": 1, "low_tier_h": 1, "sigma": 0},
        "paper_start": "file",
        "goods_start": "gate",
        "empty_start": "barrier",
        "stages": [
            stage("file", {"always": "done"}, token="paper", **delay),
            stage("gate", {"always": "fork"}, **delay),
            stage("fork", {"clear": "wait", "scan": "scan", "examination": "wait"}, route="control"),
            stage("scan", {"always": "wait"}, **delay),
            stage("wait", {"always": "examine"}, kind="join"),
            stage("examine", {"clear": "barrier", "found": "seized"}, route="found", **delay),
            stage("barrier", {"always": "released"}, **delay),
        ],
    }


def changed(name: str, **to: str) -> Raw:
    raw = deepcopy(process())
    next(s for s in raw["stages"] if s["name"] == name)["to"] |= to
    return raw


def test_a_process_whose_ways_all_pass_the_join_is_valid() -> None:
    assert Process.model_validate(process()).goods_start == "gate"


@pytest.mark.parametrize(
    "raw",
    [
        changed("fork", clear="barrier"),
        changed("fork", examination="released"),
        changed("fork", scan="examine"),
        changed("scan", always="barrier"),
        changed("gate", always="seized"),
        process() | {"goods_start": "examine"},
    ],
    ids=["one outcome", "straight to the end", "into what follows the join", "a branch later", "seized", "start"],
)
def test_a_fork_that_bypasses_the_join_is_refused(raw: Raw) -> None:
    with pytest.raises(ValidationError, match="goods can end before their papers; lead every way of the goods through"):
        Process.model_validate(raw)


def test_empty_lorries_and_processes_without_papers_need_no_join() -> None:
    assert Process.model_validate(process() | {"empty_start": "barrier"})
    raw = changed("fork", clear="barrier") | {"paper_start": None}
    assert Process.model_validate(raw)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (changed("gate", always="file"), "stage gate leads the goods to file, which is for the paper"),
        (changed("file", always="wait"), "stage file leads the paper to wait, which is for the goods"),
        (changed("file", always="released"), "stage file leads the paper to released, which is for the goods"),
        (changed("barrier", always="done"), "stage barrier leads the goods to done, which is for the paper"),
        (process() | {"paper_start": "gate"}, "paper_start leads the paper to gate"),
        (process() | {"goods_start": "file"}, "goods_start leads the goods to file"),
    ],
)
def test_a_token_keeps_to_its_own_stages_and_ends(raw: Raw, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Process.model_validate(raw)


def test_a_cycle_before_the_join_is_walked_once_and_found_harmless() -> None:
    assert Process.model_validate(changed("scan", always="fork"))


def test_the_shipped_processes_are_valid(settings_of: Callable[..., Any]) -> None:
    for world in ("two_countries", "us_mexico"):
        assert settings_of(world).world.entry_process.stages


def test_a_process_of_another_mode_is_refused_in_one_line(settings_of: Callable[..., Any]) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_of("two_countries", "world.entry_process.mode=sea")
    assert "\n" not in str(caught.value)
    assert "entry_process is of mode sea in a world of mode road; their times differ tenfold, so take a process" in str(
        caught.value
    )
    with pytest.raises(SettingsError, match="countries.RWA.processes.home_use is of mode air in a world of mode road"):
        settings_of("northern_corridor", "world.countries.RWA.processes.home_use.mode=air")
    assert settings_of("two_countries", *(f"{p}=air" for p in ("world.mode", *MODES))).world.mode == "air"


MODES = ("world.entry_process.mode", "world.exit_process.mode")
