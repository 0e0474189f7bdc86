"""Questions in one command: a file of `question/` gives a title and settings, and whatever else is typed wins."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from experiments.faults import did_you_mean, explain, fault
from experiments.folders import load_settings, options, shown
from experiments.limits import refuse_instructions
from experiments.overrides import Override
from sim.settings.errors import SettingsError
from sim.settings.strict import Strict

DESIGN = ("design", "points", "levels", "file", "vary")
"""Keys that are about the design of a sweep and not about a run; `experiments.questions` reads them."""
SETTABLE = (str, int, float, bool, list, type(None))


class Preset(Strict):
    """A question as its file states it.

    Attributes
    ----------
    title : the question in plain words, as the first page of its report gives it
    cannot_tell : what the answer leaves open
    settings : defaults by the path an override would have (`world`, `scenarios`, `replications`, ...)
    scenarios : scenarios of its own, by name, beside those of `scenario/`
    saved_min, life_years : what a table of its own is about; see `sim.settings.run.QuestionSettings`
    design, points, levels, file, vary : of a sweep
    """

    title: str = ""
    cannot_tell: str = ""
    settings: dict[str, Any] = Field(default_factory=dict)
    scenarios: dict[str, dict[str, Any]] = Field(default_factory=dict)
    saved_min: Any = None
    life_years: Any = None
    design: Any = None
    points: Any = None
    levels: Any = None
    file: Any = None
    vary: Any = None

    @model_validator(mode="after")
    def _can_be_typed(self) -> "Preset":
        for path, value in self.settings.items():
            row = isinstance(value, dict) and "centre" in value
            if not row and not isinstance(value, SETTABLE):
                raise ValueError(f"settings.{path}: is a group; give each setting by its own path")
        if "question" in self.settings:
            raise ValueError("settings.question: a question asks itself and no other; remove it")
        if self.scenarios and self.vary is not None:
            raise ValueError("scenarios: a question that varies settings takes those of scenario/; move them there")
        return self

    @property
    def command(self) -> Literal["compare", "sweep"]:
        """The command that answers it."""
        return "compare" if self.vary is None and self.design != "csv" else "sweep"

    @property
    def of_design(self) -> dict[str, Any]:
        """What it says of a sweep's design."""
        return {key: getattr(self, key) for key in DESIGN if key in self.model_fields_set}

    def words(self, given: Sequence[str]) -> list[str]:
        """Its settings as words of a command line, without those that `given` words set."""
        keys = _replaced([word.partition("=")[0].lstrip("+~") for word in given])
        return [f"{path}={_written(value)}" for path, value in self.settings.items() if path not in keys]

    def under(self, given: Sequence[Override]) -> list[Override]:
        """Its settings with those given in their place."""
        keys = _replaced([o.key for o in given])
        own = [Override("", path, value) for path, value in self.settings.items() if path not in keys]
        return [*own, *(o for o in given if o.key != "question")]

    def asking(self, name: str) -> dict[str, Any]:
        """What a run is told of it."""
        return {
            "name": name,
            "title": self.title or name,
            "cannot_tell": self.cannot_tell,
            "saved_min": self.saved_min,
            "life_years": self.life_years,
        }


def _replaced(keys: Sequence[str]) -> set[str]:
    return {*keys, "scenarios"} if "scenario" in keys else set(keys)


def _written(value: Any) -> str:
    if isinstance(value, list):
        return f"[{','.join(map(_written, value))}]"
    if isinstance(value, dict):
        return str(value["centre"])
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def name_in(given: Sequence[Override]) -> str | None:
    """Name of the question among overrides; None where none is asked.

    Raises
    ------
    SettingsError
        If one is removed or added to.
    """
    for override in given:
        if override.key == "question" and override.sign == "~":
            raise SettingsError(fault("question", "removed", "is given whole", "write question=..."))
        if override.key == "question" and override.value is not None:
            return str(override.value)
    return None


def read_preset(name: str, folders: Sequence[Path]) -> Preset:
    """Read a question.

    Parameters
    ----------
    name : str
        Of a file of `question/`.
    folders : sequence of Path
        Folders that hold settings, the shipped one first.

    Raises
    ------
    SettingsError
        If there is no such question, or its file holds what no question has.
    """
    known = options("question", folders)
    if name not in known:
        cure = f"{did_you_mean(name, known)}; see bordersim questions"
        raise SettingsError(fault("question", name, "there is no such question", cure))
    file, content = known[name], load_settings(known[name])
    for key in content:
        if key not in Preset.model_fields:
            cure = did_you_mean(str(key), Preset.model_fields)
            raise SettingsError(f"{shown(file)}: {fault(str(key), content[key], 'is not of a question', cure)}")
    refuse_instructions(content)
    try:
        preset = Preset.model_validate(content)
    except ValidationError as error:
        raise SettingsError(f"{shown(file)}: {'; '.join(explain(error, content))}") from error
    scenarios = options("scenario", folders)
    named = preset.settings.get("scenarios", [preset.settings.get("scenario")])
    for own in preset.scenarios:
        where = f"{shown(file)}: scenarios.{own}"
        if isinstance(named, list) and own not in named and own not in scenarios:
            raise SettingsError(f"{where}: is not among settings.scenarios; add it there, or remove it here")
        if own in scenarios:
            raise SettingsError(f"{where}: a file of scenario/ has this name; choose another")
    return preset


def refuse_command(command: str, name: str, preset: Preset, varies: bool) -> None:
    """Refuse a question that another command answers.

    Raises
    ------
    SettingsError
        Naming the command that does.
    """
    if command == "compare" and preset.command == "sweep":
        raise SettingsError(fault("question", name, "varies settings", f"use bordersim sweep question={name}"))
    if command == "run":
        rule = "compares scenarios" if preset.command == "compare" else "varies settings"
        raise SettingsError(fault("question", name, rule, f"use bordersim {preset.command} question={name}"))
    if command == "sweep" and preset.command == "compare" and not varies:
        cure = f"use bordersim compare question={name}, or say what varies with vary=[...]"
        raise SettingsError(fault("question", name, "compares scenarios and varies nothing", cure))
