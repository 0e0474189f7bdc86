"""What a sweep asks: its design and what varies, from `sweep.yaml`, a file of `question/`, and the command line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from experiments.compose import Composed, compose
from experiments.design import MOST_POINTS, Design, from_csv, grid, lhs, sobol
from experiments.factors import entries, read_factors
from experiments.faults import explain, fault
from experiments.folders import load_yaml, shipped_configs
from experiments.limits import refuse_instructions
from experiments.overrides import parse_override, parse_overrides
from experiments.presets import DESIGN, Preset
from sim.settings.errors import SettingsError
from sim.settings.strict import Strict, Whole

USED_BY = {"points": ("lhs", "sobol"), "levels": ("grid",), "file": ("csv",), "vary": ("lhs", "sobol", "grid")}
"""Designs that use a key; `sweep.yaml` gives each a default, and a default may be left unused."""


class Question(Strict):
    """What a sweep asks, before its settings are known.

    Attributes
    ----------
    design : kind of design
    points : points of a Latin hypercube; base points of Sobol' (the design has points x (factors + 2))
    levels : values of each range in a grid
    file : CSV file of design=csv
    vary : paths, each alone or with a spread (see `experiments.factors.Spread`)
    """

    design: Literal["lhs", "sobol", "grid", "csv"]
    points: Whole = Field(ge=1, le=MOST_POINTS)
    levels: Whole = Field(ge=2, le=1000)
    file: str | None
    vary: Any


@dataclass(frozen=True)
class Asked:
    """A question with its settings and its design.

    Attributes
    ----------
    question : what was asked
    composed : settings every point starts from
    design : the points
    words : overrides that are not about the design, those of a question asked by name among them
    """

    question: Question
    composed: Composed
    design: Design
    words: tuple[str, ...]


def ask(overrides: Sequence[str], config_dir: str | Path | None = None) -> Asked:
    """Read a question, compose the settings it is about, and make its design.

    Parameters
    ----------
    overrides : sequence of str
        `key=value` each: of the design, and of the run as for `compare`.
    config_dir : path, optional
        The user's own folder, which may hold `question/`.

    Raises
    ------
    SettingsError
        With every fault found, in one line.
    """
    parse_overrides(overrides)
    own = [word for word in overrides if _is_own(word)]
    words = [word for word in overrides if word not in own]
    composed = compose("sweep", words, config_dir, varies=bool(own))
    question = _question(own, composed.preset)
    if composed.preset is not None:
        words = [*composed.preset.words(words), *(word for word in words if parse_override(word).key != "question")]
    if composed.settings.legs:
        raise SettingsError(
            fault("legs", "true", "a sweep keeps no single legs", "run one point by itself with legs=true")
        )
    return Asked(question, composed, _design(question, composed), tuple(words))


def _is_own(word: str) -> bool:
    key = parse_override(word).key.split(".")[0]
    return key in DESIGN


def _question(own: Sequence[str], preset: Preset | None) -> Question:
    given = {}
    for override in parse_overrides(own):
        if override.key not in DESIGN or override.sign == "~":
            raise SettingsError(fault(override.key, override.value, "is given whole", f"write {_whole(override.key)}"))
        given[override.key] = override.value
    shipped = load_yaml(shipped_configs() / "sweep.yaml")
    asked = preset.of_design if preset is not None else {}
    raw = {key: shipped[key] for key in DESIGN} | asked | given
    refuse_instructions(raw)
    try:
        question = Question.model_validate(raw)
    except ValidationError as error:
        raise SettingsError("; ".join(explain(error, raw))) from error
    # who types another design than the question's takes its other words of the design as defaults
    _refuse_unused(given if "design" in given else asked | given, question.design)
    return question


def _refuse_unused(said: Mapping[str, Any], design: str) -> None:
    """Refuse what belongs to another design: it would change nothing, and nobody would be told."""
    faults = [
        fault(
            where, value, f"design={design} does not use it", f"remove it, or take design={' or '.join(USED_BY[key])}"
        )
        for where, key, value in _words(said)
        if value is not None and design not in USED_BY.get(key, (design,))
    ]
    if faults:
        raise SettingsError("; ".join(faults))


def _words(said: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Where each word of a design stands, the word and its value; `levels` of single settings among them."""
    for key, value in said.items():
        yield key, key, value
        for path, spread in entries(value) if key == "vary" and value else ():
            if isinstance(spread, Mapping) and "levels" in spread:
                yield f"vary: {path}.levels", "levels", spread["levels"]


def _whole(key: str) -> str:
    head = key.split(".")[0]
    return f"{head}=[{key.partition('.')[2] or 'path'}]" if head == "vary" else f"{head}=..."


def _design(question: Question, composed: Composed) -> Design:
    raw, seed = composed.raw, composed.settings.seed
    if question.design == "csv":
        return from_csv(question.file, raw)
    factors = read_factors(question.vary, raw, question.levels)
    if question.design == "grid":
        return grid(factors)
    return {"lhs": lhs, "sobol": sobol}[question.design](factors, question.points, seed)
