"""Small comparisons as real processes, and what is left of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

SMALL = ("world=two_countries", "length=smoke", "engine=simpy", "scenarios=[baseline,training]")
TABLES = ("summary", "differences", "replications", "daily", "mechanisms", "distribution")


def words(folder: Path, name: str, *more: str, replications: int = 6) -> list[str]:
    """Words of a small comparison below `folder`."""
    return ["compare", *SMALL, f"replications={replications}", f"results_dir={folder}", f"name={name}", *more]


def begun(*arguments: str) -> "subprocess.Popen[str]":
    """The command line, started as a process of its own."""
    command = [sys.executable, "-m", "experiments.cli", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def entries(result: Path) -> list[Path]:
    """Folders of finished entries."""
    return sorted(result.glob("entries/*/*"))


def until(condition: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Wait for it while the process lives."""
    start = time.monotonic()
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < start + 100
        time.sleep(0.02)


def killed_at(number: int, result: Path, *arguments: str) -> None:
    """Start a command and kill it outright once the result has `number` entries."""
    process = begun(*arguments)
    until(lambda: len(entries(result)) >= number, process)
    process.send_signal(signal.SIGKILL)
    process.wait()


def tables(result: Path) -> dict[str, bytes]:
    """Every table as bytes."""
    found = {file.name: file.read_bytes() for file in (result / "tables").iterdir()}
    assert {f"{name}.csv" for name in TABLES} | {f"{name}.parquet" for name in TABLES} <= set(found)
    return found


def die_at_three(number: int) -> int:
    """A unit of work that kills its worker if it is number 3."""
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number
