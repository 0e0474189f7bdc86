"""What to say of a run that is not whole: which parts failed, what is kept, what to type to go on."""

import os
import sys
from typing import TYPE_CHECKING

from experiments.points import Failure, Outcome
from experiments.store import ResultFolder
from sim.settings.errors import BordersimError

if TYPE_CHECKING:
    from experiments.cli import Options


def kept(folder: ResultFolder, options: "Options") -> str:
    """Where finished replications are, and what to type to go on."""
    return f"they are kept in {folder.path}; to go on type {again(folder, options)}"


def again(folder: ResultFolder, options: "Options") -> str:
    """The command that goes on in this folder."""
    return options.command_line if options.name else f"{options.command_line} name={folder.path.name}"


def explain_parts(outcome: Outcome, folder: ResultFolder, options: "Options") -> int:
    """Say what is missing of a run that is not whole; returns 0 where nothing failed, since other shards are to come.

    Raises
    ------
    BordersimError
        If replications failed.
    """
    for failure in outcome.failures:
        _say(failure, folder, options)
    done = f"{outcome.done} of {outcome.total} replications finished"
    if outcome.failures:
        raise BordersimError(
            f"{len(outcome.failures)} of {outcome.total} replications failed, so no table is written; {done}, "
            f"{kept(folder, options)}"
        )
    print(f"shard {options.shard}: {done}; tables are written by whichever part ends last")
    return 0


def _say(failure: Failure, folder: ResultFolder, options: "Options") -> None:
    where = f"replication {failure.replication}"
    if failure.point.factors:
        factors = ", ".join(f"{name}={value}" for name, value in failure.point.factors.items())
        where = f"point {failure.point.number} ({factors}), {where}"
    words = [word for word in again(folder, options).split(" ") if not word.startswith("shard=")]
    alone = " ".join([*words, f"shard={failure.alone}"])
    print(f"bordersim: {where}: {failure.reason}; by itself: {alone}", file=sys.stderr)
    if failure.trace and os.environ.get("BORDERSIM_TRACEBACK"):
        print(failure.trace, file=sys.stderr)
