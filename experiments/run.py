"""`bordersim run`: one scenario by itself; the same tables and folder as a comparison."""

from typing import TYPE_CHECKING, Any

from experiments.compare import main_compare
from sim.settings.run import RunSettings

if TYPE_CHECKING:
    from experiments.cli import Options


def main_run(settings: RunSettings, raw: dict[str, Any], options: "Options") -> int:
    """Run one scenario, write the results folder, print its summary; returns the exit code."""
    return main_compare(settings, raw, options)
