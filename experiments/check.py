"""`bordersim check`: validate settings or one YAML file, and say what was understood."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from experiments.compose import Composed, compose
from experiments.faults import did_you_mean, fault
from experiments.folders import config_folders, load_settings, refuse_name, shipped_configs
from experiments.forecast import size_of, time_of
from experiments.listing import Row, built, measures_of
from experiments.overrides import parse_overrides
from experiments.presets import Preset, name_in, read_preset
from experiments.schema import numbers
from sim.settings.errors import SettingsError
from sim.settings.parameters import Parameters
from sim.settings.run import Length, RunSettings, Scenario, TargetingSettings
from sim.settings.strict import quantities
from sim.settings.world import REGIMES, BorderWorld, InspectionWorld, QueueWorld
from sim.world.world import Corridor, Pool, World

KINDS: dict[str, frozenset[str]] = {
    "world": frozenset(key for model in (BorderWorld, QueueWorld, InspectionWorld) for key in model.model_fields),
    "scenario": frozenset(Scenario.model_fields),
    "assumptions": frozenset(Parameters.model_fields),
    "length": frozenset(Length.model_fields),
    "targeting": frozenset(TargetingSettings.model_fields),
    "question": frozenset(Preset.model_fields),
}
SUMMARY = ("question", "cannot tell", "time", "size")
"""What is told first."""
DETAIL = ("brokers", "pools")
"""Long tables, printed for people where the first word is `pools`."""


def check(overrides: Sequence[str], config_dir: str | None) -> dict[str, Any]:
    """Validate a run's settings or, if the first word is a file, that file within such settings.

    Parameters
    ----------
    overrides : sequence of str
        `[FILE | sweep] key=value ...`. The kind of the file (see `KINDS`) follows from its keys.
    config_dir : str, optional
        The user's own folder of settings.

    Returns
    -------
    dict
        Tables of what was understood, by title; each a list of rows, or one sentence.

    Raises
    ------
    SettingsError
        With every fault found.
    """
    if overrides and overrides[0] == "sweep":
        return _check_sweep(overrides[1:], config_dir)
    if overrides and "=" not in overrides[0] and not overrides[0].startswith("~"):
        return _check_file(Path(overrides[0]), list(overrides[1:]), config_dir)
    return _check_question_or_comparison(overrides, config_dir)


def brief(tables: dict[str, Any]) -> dict[str, Any]:
    """The tables without the long ones: of pools those that are overloaded, and how to see all.

    Parameters
    ----------
    tables : dict
        As `check` returns them.
    """
    if "pools" not in tables:
        return tables
    overloaded = [row for row in tables["pools"] if row["remark"]]
    state = f"{len(overloaded)} overloaded" if overloaded else "none overloaded"
    told = f"{len(tables['pools'])}, {state}; bordersim check pools ... lists them and brokers"
    rest = {title: content for title, content in tables.items() if title not in DETAIL}
    return rest | {"overloaded pools": overloaded, "pools": told}


def _check_question_or_comparison(overrides: Sequence[str], config_dir: str | None) -> dict[str, Any]:
    asked = name_in(parse_overrides(overrides))
    if asked is not None and read_preset(asked, config_folders(config_dir)).command == "sweep":
        return _check_sweep(overrides, config_dir)
    return _understood(compose("compare", overrides, config_dir))


def kind_of(file: Path) -> str:
    """Kind of a settings file, from its keys.

    Raises
    ------
    SettingsError
        If it cannot be read, or its keys belong to no kind.
    """
    content = load_settings(file)
    if file.resolve().parent.name in KINDS:  # where it stands says what it is meant to be
        return file.resolve().parent.name
    keys = {str(key) for key in content}
    kind = max(KINDS, key=lambda k: len(keys & KINDS[k]))
    if not keys & KINDS[kind]:
        near = did_you_mean(next(iter(sorted(keys)), ""), sorted(KINDS[kind] | {"stages"}))
        raise SettingsError(fault(str(file), ", ".join(sorted(keys)), f"is none of {', '.join(KINDS)}", near))
    return kind


def _check_file(file: Path, overrides: list[str], config_dir: str | None) -> dict[str, Any]:
    kind = kind_of(file)
    if kind == "assumptions":
        return _check_assumptions(file, overrides, config_dir)
    refuse_name(kind, file.stem)
    with _placed(file, kind, config_dir) as folder:
        if kind == "question":
            return _check_question_or_comparison([f"question={file.stem}", *overrides], folder)
        if kind == "scenario":
            composed = compose("run", [f"scenario={file.stem}", *overrides], folder)
        else:
            composed = compose("compare", [f"{kind}={file.stem}", *overrides], folder)
    if kind == "scenario":
        return _scenarios(composed.settings)
    return _understood(composed)


def _check_assumptions(file: Path, overrides: list[str], config_dir: str | None) -> dict[str, Any]:
    """An assumptions file is read as the one of a config folder: its rows replace the shipped ones."""
    with _placed(file, "assumptions", config_dir) as folder:
        composed = compose("compare", overrides, folder)
    before = dict(quantities(compose("compare", overrides).raw["assumptions"]))
    changed: list[Row] = [
        {
            "assumption": path,
            "centre": row.centre,
            "shipped": before[path].centre,
            "unit": row.unit,
            "source": row.source,
        }
        for path, row in quantities(composed.raw["assumptions"])
        if row != before.get(path)
    ]
    return {"rows that differ from the shipped ones": changed}


@contextmanager
def _placed(file: Path, kind: str, config_dir: str | None) -> Iterator[str | None]:
    """A config folder in which `file` stands under its kind, with whatever else the user's own folder holds."""
    own = Path(config_dir).resolve() if config_dir else None
    here = file.resolve()
    beside = here.parent if kind == "assumptions" else here.parent.parent
    at_home = here.parent.name == kind or here.name == "assumptions.yaml"
    if at_home and beside == shipped_configs().resolve():
        yield config_dir
    elif at_home and own in (None, beside):
        yield str(beside)
    else:
        with TemporaryDirectory() as folder:
            if own:
                shutil.copytree(own, folder, dirs_exist_ok=True)
            target = Path(folder) / ("assumptions.yaml" if kind == "assumptions" else f"{kind}/{file.name}")
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(here, target)
            yield folder


def _check_sweep(overrides: Sequence[str], config_dir: str | None) -> dict[str, Any]:
    """A sweep: what varies, with every point validated."""
    from experiments.questions import ask
    from experiments.sweep import factor_table, points_of

    asked = ask(overrides, config_dir)
    points = len(points_of(asked))
    factors = factor_table(asked.design).drop(columns="source")
    understood = _understood(asked.composed, points)
    first = {title: understood[title] for title in SUMMARY if title in understood}
    return {
        **first,
        "design": f"{asked.design.kind}, {points} points over {len(factors)} settings",
        "factors": [
            {key: None if value != value else value for key, value in row.items()} for row in factors.to_dict("records")
        ],
        **understood,
    }


def _understood(composed: Composed, points: int = 1) -> dict[str, Any]:
    settings = composed.settings
    world = built(settings)
    asked = settings.question
    tables: dict[str, Any] = {"question": asked.title, "cannot tell": asked.cannot_tell} if asked is not None else {}
    tables |= {
        "time": time_of(settings, world, composed.raw, points),
        "size": size_of(settings, world, composed.raw, points),
        "world": f"{world.name}: {world.title}" + (" (fictional)" if world.fictional else ""),
        **_scenarios(settings),
        "posts": [_post(world, position, composed.raw) for position in range(len(world.posts))],
        "corridors": [_corridor(world, corridor) for corridor in world.corridors],
        "brokers": [_brokers(world, position) for position in range(len(world.posts))] if world.brokers else [],
        "pools": [_pool(pool) for pool in world.pools if pool.kind != "clerk"],
    }
    bare = [path for path, value in numbers(RunSettings, composed.raw) if not isinstance(value, dict)]
    if bare:
        shown = ", ".join(bare[:5]) + (f" and {len(bare) - 5} more" if len(bare) > 5 else "")
        tables["note"] = f"{len(bare)} numbers without unit, range and source: {shown}"
    return tables


def _scenarios(settings: RunSettings) -> dict[str, Any]:
    rows = [
        {"scenario": name, "title": scenario.title, "measures": measures_of(settings, name)}
        for name, scenario in settings.scenarios.items()
    ]
    return {"scenarios": rows}


def _post(world: World, position: int, raw: dict[str, Any]) -> Row:
    post = world.posts[position]
    open_min = sum(last - first for first, last in (span for span in post.hours if span is not None))
    return {
        "post": post.name,
        "from": world.countries[post.exit_country].key,
        "to": world.countries[post.entry_country].key,
        "journeys a day": round(post.per_day, 1),
        "volume": volume_basis(raw["world"], post.name),
        "open h a week": round(open_min / 60),
        "traders": post.traders,
    }


def volume_basis(world: dict[str, Any], post: str) -> str:
    """What a post's volume rests on: counts, a published figure, or an assumption with its range.

    Parameters
    ----------
    world : dict
        Settings of the world as plain dicts.
    post : str
        Name of the post; its volume is varied as `world.posts.<post>.journeys_per_day`.
    """
    given = world.get("posts", {}).get(post, {})
    row = given.get("journeys_per_day")
    if given.get("port") is not None:
        return "counts"
    if not isinstance(row, dict) or not isinstance(row.get("source"), str):
        return "stated here"
    if given.get("arrivals_csv"):
        return "log"
    return f"assumed, {row['low']:g} to {row['high']:g}" if row["source"].startswith("assumption") else "published"


def _pool(pool: Pool) -> Row:
    return {
        "pool": pool.name,
        "kind": pool.kind,
        "shifts": len(pool.teams) or 1,
        "units a shift": pool.base,
        "in reserve": pool.reserve,
        "expected load": _load(pool),
        "remark": "overloaded: its queue grows without end" if pool.expected_load >= 1 else "",
    }


def _brokers(world: World, position: int) -> Row:
    offices = [broker for broker in world.brokers if broker.post == position]
    pools = [world.pools[broker.pool] for broker in offices]
    loads = [pool.expected_load for pool in pools]
    return {
        "post": world.posts[position].name,
        "broker offices": len(offices),
        "clerks": sum(pool.units for pool in pools),
        "largest office's share": max((broker.share for broker in offices), default=0.0),
        "highest expected load": round(max(loads), 2) if loads else None,
    }


def _corridor(world: World, corridor: Corridor) -> Row:
    """Lorries a day that go the whole way, and what part they are of each post's."""
    told_of = world.posts[corridor.share_of]
    per_day = corridor.share * told_of.per_day * sum(told_of.regime_shares[regime] for regime in corridor.regimes)
    posts = [world.posts[post] for post in corridor.posts]
    parts = [per_day / post.per_day if post.per_day else 0.0 for post in posts]
    return {
        "corridor": corridor.name,
        "posts": " > ".join(post.name for post in posts),
        "regimes": ", ".join(REGIMES[regime] for regime in corridor.regimes),
        "lorries a day": round(per_day, 1),
        "of each post's": ", ".join(f"{100 * part:.0f} %" for part in parts),
        "drive h, mean": round(sum(drive.mean_min for drive in corridor.drives) / 60, 1),
    }


def _load(pool: Pool) -> float | None:
    return round(pool.expected_load, 2) if pool.expected_load == pool.expected_load else None
