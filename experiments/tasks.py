"""What a command that simulates is asked to do: composed and validated, not yet begun."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from experiments.compose import Composed, compose

if TYPE_CHECKING:
    from experiments.cli import Options


@dataclass(frozen=True)
class Task:
    """A run, a comparison or a sweep.

    Attributes
    ----------
    composed : its settings; of a sweep those every point starts from
    begin : does it; returns the exit code
    design : what a sweep asks besides
    """

    composed: Composed
    begin: Callable[["Options"], int]
    design: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> dict[str, Any]:
        """All its settings, as `--cfg job` prints them."""
        c = self.composed
        return {**c.raw, **self.design, "name": c.name, "results_dir": c.results_dir, "shard": str(c.shard)}


def task_of(command: str, overrides: Sequence[str], config_dir: str | None) -> Task:
    """Compose and validate what a command is asked to do.

    Parameters
    ----------
    command : str
        `run`, `compare` or `sweep`.
    overrides : sequence of str
        `key=value` each.
    config_dir : str or None
        The user's own folder of settings.

    Raises
    ------
    SettingsError
        With every fault found.
    """
    return _sweep(overrides, config_dir) if command == "sweep" else _comparison(command, overrides, config_dir)


def _comparison(command: str, overrides: Sequence[str], config_dir: str | None) -> Task:
    composed = compose(command, overrides, config_dir)

    def begin(options: "Options") -> int:
        from experiments.compare import main_compare
        from experiments.run import main_run

        main = main_compare if command == "compare" else main_run
        return main(composed.settings, composed.raw, options)

    return Task(composed, begin)


def _sweep(overrides: Sequence[str], config_dir: str | None) -> Task:
    from experiments.questions import ask

    asked = ask(overrides, config_dir)

    def begin(options: "Options") -> int:
        from experiments.sweep import main_sweep

        return main_sweep(asked, options)

    return Task(asked.composed, begin, asked.question.model_dump())
