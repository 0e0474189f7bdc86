"""Runs that are killed, interrupted, doubled or lose a worker end with the tables of one that was left in peace."""

import json
import signal
import time
from pathlib import Path

import psutil
import pytest
from store_runs import begun, ended, entries, killed_at, tables, until, words

from experiments import cli


@pytest.fixture(scope="module")
def peaceful(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Tables of an undisturbed run, one replication after the other in one process."""
    folder = tmp_path_factory.mktemp("peaceful")
    assert cli.main(words(folder, "whole", "workers=1")) == 0
    return tables(folder / "compare" / "whole")


def workers_of(process: psutil.Process, mark: str) -> list[psutil.Process]:
    """Descendants that run units of work."""
    return [child for child in process.children(recursive=True) if mark in " ".join(child.cmdline())]


def test_a_run_killed_twice_goes_on_to_the_same_tables(tmp_path: Path, peaceful: dict[str, bytes]) -> None:
    result, command = tmp_path / "compare" / "again", words(tmp_path, "again", "workers=2")
    killed_at(1, result, *command)
    first = entries(result)
    killed_at(len(first) + 2, result, *command)
    assert not (result / "tables" / "summary.csv").exists()
    stamps = {entry: entry.stat().st_ctime_ns for entry in entries(result)}
    assert set(first) < set(stamps)
    code, _, err = ended(begun(*command))
    assert (code, err) == (0, "")
    assert tables(result) == peaceful
    assert len(stamps) < len(entries(result)) == 12
    assert {entry: entry.stat().st_ctime_ns for entry in stamps} == stamps
    assert json.loads((result / "manifest.json").read_text())["replications_found"] >= len(stamps) // 2 - 1
    assert not (result / "partial").exists()


def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    process = begun(*words(tmp_path, "orphans", "workers=2", replications=60))
    until(lambda: bool(entries(tmp_path / "compare" / "orphans")), process)
    workers = workers_of(psutil.Process(process.pid), "popen_loky")
    assert len(workers) == 2
    process.kill()
    process.wait()
    _, living = psutil.wait_procs(workers, timeout=20)
    assert living == []


@pytest.mark.parametrize("request_to_end", [signal.SIGTERM, signal.SIGINT])
def test_a_request_to_end_keeps_what_is_finished_and_leaves_no_worker(tmp_path: Path, request_to_end: int) -> None:
    result = tmp_path / "compare" / "ended"
    process = begun(*words(tmp_path, "ended", "workers=2", replications=60))
    until(lambda: len(entries(result)) >= 3, process)
    workers = workers_of(psutil.Process(process.pid), "popen_loky")
    process.send_signal(request_to_end)
    code, out, err = ended(process)
    assert (code, out) == (130, "")
    assert err.startswith("bordersim: interrupted: "), err
    assert f"of 60 replications finished; they are kept in {result}; to go on type bordersim compare" in err
    assert err.count("\n") == 1
    assert psutil.wait_procs(workers, timeout=10)[1] == []


def test_two_writers_of_one_folder_both_end_with_the_same_tables(tmp_path: Path, peaceful: dict[str, bytes]) -> None:
    command = words(tmp_path, "shared", "workers=1")
    both = [begun(*command), begun(*command)]
    assert [(code, err) for code, _, err in map(ended, both)] == [(0, ""), (0, "")]
    assert tables(tmp_path / "compare" / "shared") == peaceful
    assert len(entries(tmp_path / "compare" / "shared")) == 12


@pytest.mark.parametrize(("launcher", "mark"), [("processes", "popen_loky"), ("dask", "spawn_main")])
def test_a_killed_worker_costs_a_retry_and_nothing_else(
    tmp_path: Path, peaceful: dict[str, bytes], launcher: str, mark: str
) -> None:
    result = tmp_path / "compare" / "lossy"
    process = begun(*words(tmp_path, "lossy", "workers=2", f"launcher={launcher}"))
    until(lambda: bool(entries(result)), process)
    victim = max(workers_of(psutil.Process(process.pid), mark), key=lambda worker: worker.cpu_times().user)
    victim.kill()
    assert not (result / "manifest.json").exists()
    code, _, err = ended(process)
    assert (code, err) == (0, "")
    assert tables(result) == peaceful


def test_an_address_where_no_scheduler_answers_is_one_line_within_seconds(tmp_path: Path) -> None:
    start = time.monotonic()
    code, _, err = ended(begun(*words(tmp_path, "dead", "launcher=dask", "launcher.address=tcp://127.0.0.1:9")))
    assert code == 2
    assert err.startswith("bordersim: launcher.address: tcp://127.0.0.1:9: no scheduler answers there;")
    assert err.count("\n") == 1
    assert time.monotonic() < start + 30
