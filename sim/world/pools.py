"""Officers and devices of a post from its settings: who works when, and how many."""

from collections.abc import Mapping

from sim.settings.errors import SettingsError
from sim.settings.process import Process
from sim.settings.world import BorderWorld, PoolSettings, span_min
from sim.world.reference import did_you_mean
from sim.world.sizing import Span, duty_min, load_of, units_for
from sim.world.volumes import Hours
from sim.world.world import Pool


def pool_settings(name: str, settings: BorderWorld) -> dict[str, PoolSettings]:
    """Pools of a post: the world's, with those it changes.

    Raises
    ------
    SettingsError
        If the post changes a pool the world does not have, or a stage needs one.
    """
    for pool in settings.posts[name].pools:
        if pool not in settings.pools:
            raise SettingsError(
                f"world.posts.{name}.pools.{pool}: the world has no pool of this name; "
                f"{did_you_mean(pool, list(settings.pools))}"
            )
    country = settings.countries[settings.posts[name].entry_country]
    processes = [settings.entry_process, *settings.regime_processes.values(), *country.processes.values()]
    for process in (settings.exit_process, *processes):
        _every_stage_is_served(process, settings.pools)
    return {**settings.pools, **settings.posts[name].pools}


def _every_stage_is_served(process: Process | None, pools: Mapping[str, PoolSettings]) -> None:
    for stage in process.stages if process else ():
        for pool in stage.pools:
            if pool != "broker" and pool not in pools:
                raise SettingsError(
                    f"world process {process.title if process else ''}: stage {stage.name} needs pool {pool}, which "
                    f"world.pools does not have; {did_you_mean(pool, list(pools))}"
                )


def opening_hours(hours: Mapping[str, str | None]) -> tuple[Span | None, ...]:
    """Opening spans in minutes after midnight, Monday first, None where closed."""
    return tuple(span_min(span) if span is not None else None for span in hours.values())


def officer_pool(
    name: str, settings: PoolSettings, post: int, country: int, hours: Hours, work_week_min: float
) -> Pool:
    """One pool of officers or devices.

    Parameters
    ----------
    name : str
        `post/pool`.
    settings : PoolSettings
        Given units, or the load they are sized to. Counts are rounded to whole units.
    post, country : int
        Positions in the world.
    hours : sequence, 7
        Opening hours of the post, unless the pool has its own; teams are cut to them, and pools always on meet work in
        them only.
    work_week_min : float
        Expected minutes of work a week at baseline.

    Returns
    -------
    Pool
        `expected_load` counts reserve units too, since they work when the line is long.
    """
    teams = tuple(sorted(span_min(span) for span in settings.shifts))
    hours = opening_hours(settings.hours) if settings.hours is not None else hours
    on_duty = duty_min(teams, hours)
    if settings.load is not None:
        base = units_for(work_week_min, on_duty, settings.load)
    else:
        base = round(settings.base or 0)
    reserve = round(settings.reserve)
    return Pool(
        name=name,
        kind=settings.kind,
        post=post,
        country=country,
        skill=settings.skill,
        assignment=settings.assignment,
        teams=teams,
        hours=tuple(hours),
        base=base,
        reserve=reserve,
        open_at=round(settings.open_at),
        step=round(settings.step),
        expected_load=load_of(work_week_min, on_duty, base + reserve),
        breaks=settings.breaks,
    )
