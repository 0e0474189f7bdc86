"""What counts as done, what is refused, and what is said when a part fails or the disk refuses."""

import errno
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from store_runs import die_at_three, entries, tables, words

from experiments import cli, disk, points
from experiments.compose import compose
from experiments.entries import EntryStore, entry_key
from experiments.launch import ATTEMPTS, Processes, WorkerDiedError, launched
from experiments.points import Point, collect, run_points
from experiments.version import digest_of
from sim.replication import ReplicationResult, replicate_once
from sim.settings.errors import SettingsError
from sim.settings.run import RunSettings

PAIR = ("world=two_countries", "length=smoke", "length.window_days=3", "engine=simpy",
        "scenarios=[baseline,training]", "workers=1")  # fmt: skip


@pytest.fixture(autouse=True)
def _signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command line listens to SIGTERM; what runs the tests must not. Figures, seconds each time, are left out."""
    monkeypatch.setattr("experiments.reporting.draw_figures", lambda *_: {})
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def settings(*more: str) -> RunSettings:
    """Settings of the pair, some words replaced."""
    given = {word.split("=")[0] for word in more}
    return compose("compare", [*(word for word in PAIR if word.split("=")[0] not in given), *more]).settings


def small(folder: Path, *more: str) -> list[str]:
    """A comparison of two replications in this very process."""
    return words(folder, "small", "workers=1", "length.burn_in_days=1", "length.window_days=2", *more, replications=2)


def spoken(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> tuple[int, str, str]:
    capsys.readouterr()
    code = cli.main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result of two undisturbed replications."""
    folder = tmp_path_factory.mktemp("two")
    assert cli.main(small(folder)) == 0
    return folder / "compare" / "small"


# -- what an entry depends on ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    ["seed=2", "length.window_days=6", "assumptions.documents.element_error_p=0.01", "targeting=random",
     "tick_ms=1000", "engine=loop", "world.title=Other", "scenarios.training.measures.training.intensity=0.5"],
)  # fmt: skip
def test_a_setting_that_changes_a_result_changes_its_key(change: str) -> None:
    assert entry_key(settings(), "training", 0) != entry_key(settings(change), "training", 0)


@pytest.mark.parametrize(
    "change",
    ["replications=50", "workers=2", "launcher=dask", "scenarios=[baseline,combined,training]"],
)
def test_a_setting_no_result_depends_on_leaves_the_key(change: str) -> None:
    assert entry_key(settings(change), "training", 0) == entry_key(settings(), "training", 0)


def test_scenario_replication_and_point_are_in_the_key_and_a_point_makes_the_same() -> None:
    s = settings()
    keys = [entry_key(s, "training", 0), entry_key(s, "baseline", 0), entry_key(s, "training", 1),
            entry_key(s, "training", 0, 1)]  # fmt: skip
    assert len(set(keys)) == 4
    assert Point(1, s).key("training", 0) == keys[3]


def test_the_model_version_follows_every_byte_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    first = digest_of(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("cache")
    assert digest_of(tmp_path) == first
    (tmp_path / "a.py").write_text("x = 2\n")
    second = digest_of(tmp_path)
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert len({first, second, digest_of(tmp_path)}) == 3


def test_a_scenario_leaves_the_same_entry_in_any_company(tmp_path: Path) -> None:
    """One that clogs its post must not lengthen the run of another."""
    slow = "scenarios.training.measures.training.intensity=1"
    both, alone = settings(slow), settings(slow)
    alone = alone.model_copy(update={"scenarios": {"baseline": alone.scenarios["baseline"]}})
    stores = [EntryStore(tmp_path / name) for name in ("both", "alone")]
    for store, one in zip(stores, (both, alone), strict=True):
        run_points([Point(0, one.model_copy(update={"replications": 1}))], store)
    left, right = (store.read(entry_key(alone, "baseline", 0)) for store in stores)
    for name, table in left.tables.items():
        pd.testing.assert_frame_equal(table, right.tables[name])


# -- what is read -----------------------------------------------------------------------------------------------------


def test_all_entries_read_as_one_table(two: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    whole = pd.read_csv(two / "tables" / "replications.csv")
    read = pd.concat(map(pd.read_parquet, two.glob("entries/*/*/replications.parquet")))
    counted = duckdb.sql(
        f"select point, scenario, replication, count(*) n from '{two}/entries/*/*/replications.parquet' "
        "group by all order by all"
    ).df()
    assert counted[["point", "scenario", "replication"]].to_numpy().tolist() == [
        [0, "baseline", 0], [0, "baseline", 1], [0, "training", 0], [0, "training", 1]]  # fmt: skip
    assert counted["n"].sum() == len(read) == len(whole)
    for name in ("daily", "mechanisms", "distribution"):
        assert len(duckdb.sql(f"select * from '{two}/entries/*/*/{name}.parquet'").df())


# -- what is refused, and what is run again -------------------------------------------------------------------------


def test_a_finished_result_is_never_run_again(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = spoken(capsys, small(two.parents[1]))
    assert code == 2
    assert "already holds results, which are never overwritten" in err


def damage(entry: Path, how: str) -> None:
    table = entry / "daily.parquet"
    if how == "cut short":
        table.write_bytes(table.read_bytes()[:-9])
    elif how == "a bit turned":
        content = bytearray(table.read_bytes())
        content[len(content) // 2] ^= 1
        table.write_bytes(content)
    elif how == "a file gone":
        table.unlink()
    elif how == "a count changed":
        about = json.loads((entry / "entry.json").read_text())
        (entry / "entry.json").write_text(json.dumps(about | {"legs": about["legs"] + 1}))
    elif how == "no files named":
        about = json.loads((entry / "entry.json").read_text())
        (entry / "entry.json").write_text(json.dumps(about | {"files": {}}))
    elif how == "a list":
        (entry / "entry.json").write_text("[1]")
    else:
        (entry / "entry.json").write_text('{"key": ')


@pytest.mark.parametrize(
    "how", ["cut short", "a bit turned", "a file gone", "a count changed", "no files named", "a list", "no sense"]
)
def test_a_damaged_entry_is_set_aside_and_run_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    store, one = EntryStore(tmp_path), settings("replications=1")
    assert run_points([Point(0, one)], store).whole
    before = collect([Point(0, one)], store)[0]["daily"]
    capsys.readouterr()
    damage(entries(tmp_path)[0], how)
    outcome = run_points([Point(0, one)], store)
    err = capsys.readouterr().err
    assert (outcome.whole, outcome.found) == (True, 0)
    assert err.startswith(f"bordersim: {tmp_path}/entries/")
    assert "damaged" in err
    assert err.count("\n") == 1
    assert len(list((tmp_path / "corrupt").iterdir())) == 1
    pd.testing.assert_frame_equal(collect([Point(0, one)], store)[0]["daily"], before)


def interrupted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a comparison whose second replication was not reached."""

    def one_only(of: RunSettings, replication: int) -> ReplicationResult:
        if replication == 1:
            os.kill(os.getpid(), signal.SIGTERM)
        return replicate_once(of, replication)

    with monkeypatch.context() as patched:
        patched.setattr(points, "replicate_once", one_only)
        assert cli.main(small(folder)) == 130
    assert len(entries(folder / "compare" / "small")) == 2


def test_an_unfinished_result_goes_on_with_the_same_settings_only(
    tmp_path: Path, two: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(tmp_path, monkeypatch)
    code, _, err = spoken(capsys, small(tmp_path, "seed=2", "assumptions.documents.element_error_p=0.3"))
    assert code == 2
    assert "assumptions.documents.element_error_p: 0.3: the unfinished run in " in err
    assert "(and 1 settings more)" in err
    assert err.count("\n") == 1
    assert len(entries(tmp_path / "compare" / "small")) == 2
    assert spoken(capsys, ["workers=2" if word == "workers=1" else word for word in small(tmp_path)])[0] == 0
    assert tables(tmp_path / "compare" / "small") == tables(two)


@pytest.mark.parametrize(
    ("content", "written"),
    [(b"0.0.9+123456789abc\n", "0.0.9+123456789abc"), (b"", "of an unknown version"), (b"\xff\n", "\ufffd")],
)
def test_results_of_another_model_are_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: bytes, written: str
) -> None:
    interrupted(tmp_path, monkeypatch)
    (tmp_path / "compare" / "small" / "entries" / "model_version.txt").write_bytes(content)
    code, _, err = spoken(capsys, small(tmp_path))
    assert code == 2
    assert f"begun by model {written}: this is model " in err
    assert err.count("\n") == 1


def test_a_result_that_would_take_the_place_of_a_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "compare").mkdir()
    (tmp_path / "compare" / "small").write_text("mine")
    code, _, err = spoken(capsys, small(tmp_path))
    assert code == 2
    assert err.endswith("compare/small is a file, and a result is a folder; choose another name\n")
    assert (tmp_path / "compare" / "small").read_text() == "mine"


# -- requests to end, in the phases no timing can hit surely --------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "phase", "said"),
    [
        ("experiments.compose", "validate", "nothing was finished"),
        ("experiments.compare", "write_tables", "tables not yet written; what is finished is kept in"),
        ("experiments.compare", "write_manifest", "tables not yet written; what is finished is kept in"),
    ],
)
def test_a_request_to_end_is_heard_in_every_phase(
    tmp_path: Path, two: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    module: str, phase: str, said: str,
) -> None:  # fmt: skip
    with monkeypatch.context() as patched:
        patched.setattr(f"{module}.{phase}", lambda *_, **__: os.kill(os.getpid(), signal.SIGTERM))
        code, out, err = spoken(capsys, small(tmp_path))
    assert (code, out, err.count("\n")) == (130, "", 1)
    assert err.startswith(f"bordersim: interrupted: {said}")
    assert spoken(capsys, small(tmp_path))[0] == 0
    assert tables(tmp_path / "compare" / "small") == tables(two)


# -- parts that fail ------------------------------------------------------------------------------------------------


def test_a_replication_that_fails_stops_no_other_and_no_table_is_shown_as_whole(
    tmp_path: Path, two: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(of: RunSettings, replication: int) -> ReplicationResult:
        if replication == 0:
            raise ZeroDivisionError("no\nofficer")
        return replicate_once(of, replication)

    with monkeypatch.context() as patched:
        patched.setattr(points, "replicate_once", broken)
        code, out, err = spoken(capsys, small(tmp_path))
    first, last = err.splitlines()
    assert (code, out) == (1, "")
    assert first.startswith("bordersim: replication 0: ZeroDivisionError: no officer; by itself: bordersim compare ")
    assert first.endswith(" shard=1/2")
    assert (
        "1 of 2 replications failed, so no table is written; 1 of 2 replications finished; what is finished is kept"
        in last
    )
    result = tmp_path / "compare" / "small"
    assert len(entries(result)) == 2
    assert list((result / "tables").iterdir()) == []
    again = first.partition("by itself: bordersim ")[2].replace("'", "").split()
    assert spoken(capsys, again)[0] == 0
    assert tables(result) == tables(two)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_refuses_midway_is_one_line_and_keeps_what_is_finished(
    tmp_path: Path, two: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    write, result = disk.write_synced, tmp_path / "compare" / "small"

    def refusing(path: Path, data: bytes) -> None:
        if len(entries(result)) == 2 and path.name == "daily.parquet":
            raise OSError(number, os.strerror(number))
        write(path, data)

    with monkeypatch.context() as patched:
        patched.setattr("experiments.entries.write_synced", refusing)
        code, out, err = spoken(capsys, small(tmp_path))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert f"cannot be written ({os.strerror(number)}); free some space" in err
    assert len(entries(result)) == 2
    assert spoken(capsys, small(tmp_path))[0] == 0
    assert tables(result) == tables(two)


def test_a_unit_that_kills_its_worker_each_time_is_named_and_the_rest_is_done() -> None:
    done = dict(launched(die_at_three, [(n, (n,)) for n in range(12)], Processes(2)))
    assert isinstance(done.pop(3), WorkerDiedError)
    assert done == {n: n for n in range(12) if n != 3}
    assert ATTEMPTS == 3


# -- parts of a run ---------------------------------------------------------------------------------------------------


def test_parts_of_a_run_add_up_and_the_last_writes_the_tables(
    tmp_path: Path, two: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = spoken(capsys, small(tmp_path, "shard=2/2"))
    result = tmp_path / "compare" / "small"
    assert (code, err) == (0, "")
    assert out == "shard 2/2: 1 of 2 replications finished; tables are written by whichever part ends last\n"
    assert {pd.read_parquet(e / "daily.parquet")["replication"].unique()[0] for e in entries(result)} == {1}
    assert not (result / "manifest.json").exists()
    assert spoken(capsys, small(tmp_path, "shard=1/2"))[0] == 0
    assert tables(result) == tables(two)


@pytest.mark.parametrize("shard", ["0/2", "3/2", "half", "1", "1/0"])
def test_a_part_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path, shard: str) -> None:
    code, _, err = spoken(capsys, small(tmp_path, f"shard={shard}"))
    assert code == 2
    assert err == (f"bordersim: shard: {shard}: must be k/n with k from 1 to n; write shard=1/4 for the first of 4\n")


class LookedAtTooEarly(EntryStore):
    """Says at the first look that nothing is there: another process writes everything between the looks."""

    looks = 0

    def has(self, key: str) -> bool:
        self.looks += 1
        return self.looks > 2 and super().has(key)


def test_what_another_process_has_done_in_the_meantime_is_done(tmp_path: Path) -> None:
    one = Point(0, settings("replications=1"))
    assert run_points([one], EntryStore(tmp_path)).whole
    outcome = run_points([one], LookedAtTooEarly(tmp_path))
    assert (outcome.whole, outcome.found, outcome.done, outcome.failures) == (True, 0, 1, ())
    assert len(entries(tmp_path)) == 2


def test_points_are_told_apart_and_kept_in_order(tmp_path: Path) -> None:
    def point(number: int, intensity: float) -> Point:
        word = f"scenarios.training.measures.training.intensity={intensity}"
        return Point(number, settings("replications=2", word), {"intensity": intensity})

    design, store = [point(0, 0.0), point(1, 1.0)], EntryStore(tmp_path)
    outcome = run_points(design, store)
    rows: dict[str, Any] = collect(design, store, ["replications"])[0]
    identity = rows["replications"][["point", "replication", "scenario"]].drop_duplicates().to_numpy().tolist()
    assert (outcome.whole, outcome.total, outcome.done, outcome.found) == (True, 4, 4, 0)
    assert identity == [[p, r, s] for p in (0, 1) for r in (0, 1) for s in ("baseline", "training")]
    assert run_points(design, store).found == 4


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("launcher=slurm", "launcher: slurm: there is no such launcher; there are dask, processes"),
        ("launcher.address=tcp://here:1", "launcher: address is tcp://here:1, which only a Dask scheduler has;"),
    ],
)
def test_an_unknown_launcher_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], word: str, line: str
) -> None:
    code, _, err = spoken(capsys, small(tmp_path, word))
    assert code == 2
    assert err.startswith(f"bordersim: {line}")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "address", ["nonsense", "", "tcp://", "tcp://here", "tcp://here:port", "here:1/x", "tcp://::1:1"]
)
def test_what_is_no_address_is_refused_before_anything_is_called(address: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings("launcher=dask", f"launcher.address={address}")
    said = f"launcher.address: {address or '(empty)'}: is not the address of a scheduler; write it as tcp://host:port"
    assert str(caught.value) == said


@pytest.mark.parametrize(
    "address", ["tcp://10.0.0.5:8786", "tls://node-1.site:8786", "localhost:1", "tcp://[::1]:8786"]
)
def test_what_is_an_address_is_taken(address: str) -> None:
    assert settings("launcher=dask", f"launcher.address='{address}'").launcher.address == address


def test_dask_that_is_not_installed_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, _, err = spoken(capsys, small(tmp_path, "launcher=dask"))
    assert code == 2
    assert err == "bordersim: launcher: dask: Dask is not installed; pip install 'bordersim[cluster]'\n"
