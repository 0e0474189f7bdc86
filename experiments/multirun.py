"""`--multirun`: one job for every combination of values, as Hydra sweeps; each leaves a folder of its own."""

import itertools
import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from experiments.faults import fault
from experiments.listing import aligned
from experiments.overrides import is_plain
from experiments.store import MANIFEST, settings_hash
from experiments.tasks import Task, task_of
from sim.settings.errors import SettingsError

if TYPE_CHECKING:
    from experiments.cli import Options

INTERRUPTED = 130
MOST_JOBS = 1000


def jobs_of(overrides: Sequence[str]) -> list[list[str]]:
    """Overrides of every job: the product of all values, the last override changing fastest.

    Parameters
    ----------
    overrides : sequence of str
        `key=value` in Hydra's grammar: `seed=1,2,3`, `seed=range(1,4)`, `world=choice(a,b)`, or one value.

    Raises
    ------
    SettingsError
        If a value cannot be read, or there are too many combinations.
    """
    alternatives = [_alternatives(text) for text in overrides]
    jobs = [list(words) for words in itertools.islice(itertools.product(*alternatives), MOST_JOBS + 1)]
    if len(jobs) > MOST_JOBS:
        raise SettingsError(f"--multirun: more than {MOST_JOBS:,} jobs; use bordersim sweep, which keeps one folder")
    return jobs


def _alternatives(text: str) -> list[str]:
    key, equals, value = text.partition("=")
    if not equals or key.strip() in ("name", "results_dir"):
        return [text]
    try:
        parsed = OverridesParser.create().parse_override(f"value={value}")
        if not parsed.is_sweep_override():
            return [text]
        return [f"{key}={one}" for one in parsed.sweep_string_iterator()]
    except (HydraException, NotImplementedError) as error:
        if is_plain(value):
            return [text]
        cure = "write a,b,c or range(1,4)"
        raise SettingsError(fault(key, value, "is no list of values to go through", cure)) from error


def main_multirun(options: "Options", overrides: Sequence[str], guarded: Callable[[Callable[[], int]], int]) -> int:
    """Run every job; returns the worst exit code. All of them are validated before the first begins.

    Parameters
    ----------
    options : Options
        How the command was called.
    overrides : sequence of str
        As for `jobs_of`.
    guarded : callable
        Turns a failure into one line and an exit code, so that the other jobs go on.
    """
    jobs = [(words, task_of(options.command, words, options.config_dir)) for words in jobs_of(overrides)]
    first = jobs[0][1].composed
    name = first.name or f"{datetime.now():%Y-%m-%d_%H-%M-%S}_{settings_hash(first.raw)}"
    command = options.command_line if first.name else shlex.join([*shlex.split(options.command_line), f"name={name}"])
    common = set.intersection(*(set(words) for words, _ in jobs))
    rows, codes = [], [0]
    for number, (words, task) in enumerate(jobs):
        folder = Path(first.results_dir) / "multirun" / name / str(number)
        if codes[-1] != INTERRUPTED and not _finished(folder, task):
            mine = replace(options, command=f"multirun/{name}", name=str(number), command_line=command)
            mine = replace(mine, results_dir=first.results_dir, shard=task.composed.shard)
            codes.append(guarded(partial(task.begin, mine)))
        state = "finished" if _finished(folder, task) else "not finished"
        varied = shlex.join(word for word in words if word not in common)
        rows.append({"job": number, "overrides": varied, "state": state, "folder": str(folder)})
    print(json.dumps({"jobs": rows}) if options.json else f"\n{aligned(rows)}")
    return max(codes)


def _finished(folder: Path, task: Task) -> bool:
    """Whether a folder holds this very job, finished: then it is not run again."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return False
    try:
        written = json.loads(manifest.read_bytes())["settings_hash"]
    except (ValueError, LookupError, TypeError):  # not of our making; the job says that its folder is taken
        return False
    return bool(written == settings_hash({**task.composed.raw, **task.design}))
