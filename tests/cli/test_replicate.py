"""Replications give the same results however many share the work, and what is finished is kept."""

import os
import time
from functools import partial
from pathlib import Path

import pytest

from experiments.compose import compose
from experiments.replicate import replicate, worker_count
from sim.settings.errors import BordersimError
from sim.settings.run import RunSettings


def settings_for(replications: int, workers: int, seed: int = 1) -> RunSettings:
    words = ["world=known_mmc", f"replications={replications}", f"workers={workers}", f"seed={seed}"]
    return compose("run", words).settings


def later_first(settings: RunSettings, replication: int) -> tuple[int, int]:
    time.sleep(0.02 * (settings.replications - replication))
    return settings.seed, replication


def fails_at_two(settings: RunSettings, replication: int) -> int:
    if replication == settings.replications - 2:
        raise BordersimError("the post of replication 2 is closed for good")
    return replication


def interrupted_at_two(settings: RunSettings, replication: int) -> int:
    if replication == settings.replications - 2:
        raise KeyboardInterrupt
    return replication


def dies_once(mark: Path, settings: RunSettings, replication: int) -> int:
    if replication == settings.replications - 1 and not mark.exists():
        mark.touch()
        os._exit(1)
    return replication


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order_of_replication_whatever_the_workers(workers: int) -> None:
    handed: list[int] = []
    results = replicate(settings_for(4, workers, seed=9), later_first, lambda r, _: handed.append(r))
    assert results == [(9, 0), (9, 1), (9, 2), (9, 3)]
    assert sorted(handed) == [0, 1, 2, 3]


def test_each_replication_is_handed_over_before_the_next_begins_when_there_is_one_worker() -> None:
    handed: dict[int, int] = {}
    with pytest.raises(BordersimError, match="closed for good"):
        replicate(settings_for(4, 1), fails_at_two, handed.__setitem__)
    assert handed == {0: 0, 1: 1}


def test_an_interrupted_run_has_handed_over_what_was_finished_and_says_so() -> None:
    handed: dict[int, int] = {}
    with pytest.raises(KeyboardInterrupt, match="2 of 4 replications finished"):
        replicate(settings_for(4, 1), interrupted_at_two, handed.__setitem__)
    assert handed == {0: 0, 1: 1}


def test_a_replication_whose_worker_died_is_tried_again(tmp_path: Path) -> None:
    handed: list[int] = []
    once = partial(dies_once, tmp_path / "mark")
    assert replicate(settings_for(3, 2), once, lambda r, _: handed.append(r)) == [0, 1, 2]
    assert (tmp_path / "mark").exists()
    assert sorted(handed) == [0, 1, 2]


def test_there_are_never_more_workers_than_replications() -> None:
    assert worker_count(settings_for(3, 8)) == 3
    assert worker_count(settings_for(3, 2)) == 2
    assert 1 <= worker_count(settings_for(2, 0)) <= 2
