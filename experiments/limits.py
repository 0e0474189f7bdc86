"""Limits the settings cannot state by themselves: names that only the model knows, and values that are no values."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from experiments.faults import did_you_mean, fault
from sim.settings.errors import SettingsError
from sim.settings.run import MeasureSettings, RunSettings
from sim.settings.world import REGIMES, BorderWorld, InForce, WorldSettings


def beyond_limits(settings: RunSettings) -> list[str]:
    """Faults of settings that are valid in themselves but name what the model does not have."""
    return [*_features(settings), *_measures(settings), *_published(settings.world)]


def _features(settings: RunSettings) -> Iterator[str]:
    from sim.consignments.potential import FEATURES

    given = settings.targeting.weights
    for name in given:
        if name not in FEATURES:
            yield fault(
                f"targeting.weights.{name}", given[name], "is not a declared feature", did_you_mean(name, FEATURES)
            )
    for name in FEATURES:
        if name not in given:
            yield fault(f"targeting.weights.{name}", "missing", "every declared feature needs a weight", f"add {name}")


def _measures(settings: RunSettings) -> Iterator[str]:
    """Measures that do not exist, are in force already, or would raise what is not."""
    from sim.measures.registry import MEASURES

    rows = {row.measure: row for row in settings.world.in_force} if isinstance(settings.world, BorderWorld) else {}
    for name, scenario in settings.scenarios.items():
        for chosen in scenario.measures:
            where = f"scenarios.{name}.measures.{chosen.measure}"
            yield from _reach(where, settings, chosen)
            yield from _channel(where, settings, chosen)
            row = rows.get(chosen.measure)
            if row is None:
                known = sorted({*MEASURES, *rows})
                if chosen.measure not in MEASURES:
                    cure = did_you_mean(chosen.measure, known)
                    yield fault(f"scenarios.{name}", chosen.measure, "is not a measure", cure)
                elif chosen.raise_to is not None:
                    rule = f"is not in force in {settings.world_name}, so there is nothing to raise"
                    yield fault(f"{where}.raise_to", chosen.raise_to, rule, "give intensity instead")
            else:
                yield from _in_force(where, settings.world_name, chosen, row)


def _channel(where: str, settings: RunSettings, chosen: MeasureSettings) -> Iterator[str]:
    """A channel for findings that carries no more than the one there is between all countries."""
    from sim.measures.channels import Channel
    from sim.measures.registry import MEASURES

    measure, world = MEASURES.get(chosen.measure), settings.world
    if not isinstance(measure, Channel) or not isinstance(world, BorderWorld) or chosen.intensity == 0:
        return
    if measure.adds_nothing(world.pairs):
        rule = f"all countries of {settings.world_name} exchange by this channel and on this basis, or better ones"
        yield fault(where, f"{chosen.intensity:g}", rule, "remove it")


def _published(world: WorldSettings) -> Iterator[str]:
    """Figures to be held against an indicator there is none of, or a place the world does not have."""
    from sim.indicators import INDICATORS

    if not isinstance(world, BorderWorld):
        return
    places: dict[str, Collection[str]] = {
        "post": world.posts,
        "country": world.countries,
        "regime": REGIMES,
        "corridor": world.corridors,
    }
    for position, band in enumerate(world.published):
        for key, words in (("value", band.value), ("over", band.over)):
            indicator, _, group = words.partition(" ")
            kind, _, name = group.partition("=")
            where = f"world.published.{position}.{key}"
            if words and indicator not in INDICATORS:
                yield fault(where, indicator, "is not an indicator", did_you_mean(indicator, INDICATORS))
            elif words and not name and group != "all":
                yield fault(where, group, "is not a group", "write all, or kind=name as in regime=home_use")
            elif kind in places and name not in places[kind]:
                yield fault(where, group, "is none of this world", did_you_mean(name, places[kind]))


def _reach(where: str, settings: RunSettings, chosen: MeasureSettings) -> Iterator[str]:
    """Countries and posts that do not exist or stand twice, and measures that cannot be limited to some."""
    from sim.measures.registry import MEASURES

    world = settings.world
    countries = tuple(world.countries) if isinstance(world, BorderWorld) else ()
    posts = tuple(world.posts) if isinstance(world, BorderWorld) else ()
    measure = MEASURES.get(chosen.measure)
    places = (
        ("countries", chosen.countries, countries, measure is not None and measure.by_country),
        ("posts", chosen.posts, posts, measure is not None and measure.by_post),
    )
    for kind, given, known, possible in places:
        for name in dict.fromkeys(given):
            if name not in known:
                yield fault(
                    f"{where}.{kind}", name, f"is not among those of {settings.world_name}", _one_of(name, known)
                )
            elif given.count(name) > 1:
                yield fault(f"{where}.{kind}", name, "stands twice", "name each once")
        if given and not possible:
            able = [name for name, m in MEASURES.items() if (m.by_country if kind == "countries" else m.by_post)]
            rule = f"{chosen.measure} acts on the whole world and cannot be limited to some {kind}"
            yield fault(f"{where}.{kind}", ", ".join(given), rule, f"remove it; {', '.join(able)} can")
    if measure is not None and measure.by_post and isinstance(world, BorderWorld):
        yield from _nowhere(where, world, chosen)


def _nowhere(where: str, world: BorderWorld, chosen: MeasureSettings) -> Iterator[str]:
    """What acts at posts and is limited to countries acts at the posts that lead into these."""
    into = {name: post.entry_country for name, post in world.posts.items()}
    countries = [country for country in chosen.countries if country in world.countries]
    for post in chosen.posts:
        if countries and post in into and into[post] not in countries:
            rule = f"leads into {into[post]}, which is not among the countries given"
            yield fault(f"{where}.posts", post, rule, f"remove it, or add {into[post]} to countries")
    for country in countries:
        if not chosen.posts and country not in into.values():
            rule = "no post leads into it, so nothing would change there"
            yield fault(f"{where}.countries", country, rule, did_you_mean(country, sorted(set(into.values()))))


def _one_of(name: str, known: Sequence[str]) -> str:
    return did_you_mean(name, known) if known else "remove it"


def _in_force(where: str, world: str, chosen: MeasureSettings, row: InForce) -> Iterator[str]:
    since = f"is in force in {world} since {row.year} with effectiveness {row.effectiveness:g}"
    if chosen.raise_to is None:
        cure = f"give raise_to above {row.effectiveness:g}" if row.outcome else "its numbers are the world's"
        yield fault(where, f"{chosen.intensity:g}", f"{since} and cannot be added", f"{cure}, or remove it")
    elif not row.outcome:
        rule = f"{row.measure} shows in numbers of the world and in no share of cases"
        yield fault(f"{where}.raise_to", f"{chosen.raise_to:g}", rule, "change those numbers instead")
    elif chosen.raise_to <= row.effectiveness:
        yield fault(f"{where}.raise_to", f"{chosen.raise_to:g}", since, f"give more than {row.effectiveness:g}")


def refers(raw: Any) -> bool:
    """Whether any text refers to another setting (`${...}`) or marks a missing one (`???`)."""
    if isinstance(raw, dict | list):
        return any(refers(value) for value in (raw.values() if isinstance(raw, dict) else raw))
    return isinstance(raw, str) and ("${" in raw or raw == "???")


def refuse_instructions(raw: Any, path: str = "") -> None:
    """Refuse settings that ask for code or for the machine's own values: `_target_` and its kin, `${resolver:...}`.

    Raises
    ------
    SettingsError
        At the first such setting.
    """
    if isinstance(raw, dict):
        for key, value in raw.items():
            where = f"{path}.{key}" if path else str(key)
            if str(key) in ("_target_", "_partial_", "_args_", "_recursive_", "_convert_"):
                raise SettingsError(fault(where, value, "settings hold values and never name code to run", "remove it"))
            refuse_instructions(value, where)
    elif isinstance(raw, list):
        for position, value in enumerate(raw):
            refuse_instructions(value, f"{path}.{position}")
    elif isinstance(raw, str) and "${" in raw and ":" in raw.partition("${")[2]:
        raise SettingsError(fault(path, raw, "settings never ask the machine for values", "write the value itself"))
