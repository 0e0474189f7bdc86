"""How far the work is, on a terminal: units finished, and a time left."""

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

DAY_S = 86_400.0


def progress_bar(shown: bool = True) -> Progress:
    """A bar on standard error; it stays out of sight where that is no terminal.

    Parameters
    ----------
    shown : bool
        Whether to show it at all.
    """
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not (shown and sys.stderr.isatty()),
        speed_estimate_period=DAY_S,  # units end in bursts, one per process: only the whole past tells a pace
    )
