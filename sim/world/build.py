"""A frozen world from its settings, the behavioural parameters and the reference tables."""

from calendar import isleap
from dataclasses import replace
from datetime import date

from sim.settings.errors import SettingsError
from sim.settings.parameters import Parameters
from sim.settings.process import Process
from sim.settings.world import BorderWorld, InspectionWorld, PostSettings, QueueWorld, WorldSettings
from sim.world.brokers import broker_offices, numbered
from sim.world.corridors import corridors_of
from sim.world.countries import build_country, build_pairs
from sim.world.known import inspection_world, queue_world
from sim.world.pools import officer_pool, opening_hours, pool_settings
from sim.world.regimes import EMPTY, Procedures, outcome_shares, procedures_of, regime_shares
from sim.world.sizing import Baseline, entry_baseline, exit_baseline, work_per_journey
from sim.world.volumes import daily_cv, daily_mean, month_means, port_months, weekday_shape
from sim.world.world import Country, ExtraTrader, OutcomeShares, Pair, Pool, Post, World

FEWEST_TRADERS = 12


def build_world(name: str, settings: WorldSettings, parameters: Parameters) -> World:
    """Build the world a run happens in.

    Parameters
    ----------
    name : str
        Short name of the world, as in `world=us_mexico`.
    settings : WorldSettings
        A border, or one of the small worlds with a known answer.
    parameters : Parameters
        Behavioural parameters; a known-answer world replaces those its answer depends on.

    Returns
    -------
    World
        Countries, pairs, posts, pools, brokers and extra traders sorted by name: the order of input is no matter.

    Raises
    ------
    SettingsError
        If a country, pair, port, year or pool is unknown, or a post could never see its traffic.
    """
    if isinstance(settings, QueueWorld):
        return queue_world(name, settings, parameters)
    if isinstance(settings, InspectionWorld):
        return inspection_world(name, settings, parameters)
    return _border_world(name, settings, parameters)


def _border_world(name: str, settings: BorderWorld, p: Parameters) -> World:
    weights = weekday_shape(tuple(settings.weekday_weights.values()))
    countries = tuple(build_country(key, settings.countries[key], p) for key in sorted(settings.countries))
    pairs = build_pairs(settings, p)
    procedures = procedures_of(settings)
    posts = tuple(_post(n, settings, procedures, countries, weights, p) for n in sorted(settings.posts))
    outcomes = outcome_shares(settings, procedures.stages)
    work = [_work_week_min(post, settings, procedures, outcomes, countries, pairs, p) for post in posts]
    officers = [pool for i, post in enumerate(posts) for pool in _officer_pools(i, post, settings, work[i])]
    offices = [
        office
        for i, post in enumerate(posts)
        if (count := _broker_count(post, settings, procedures, p))
        for office in broker_offices(
            i,
            post.name,
            post.entry_country,
            settings.broker_hours,
            post.hours,
            work[i].get("broker", 0.0),
            p.brokers,
            count,
        )
    ]
    pools = tuple(sorted([*officers, *(pool for pool, _, _ in offices)], key=lambda pool: pool.name))
    return World(
        name=name,
        title=settings.title,
        fictional=settings.fictional,
        mode=settings.mode,
        start=date.fromisoformat(settings.start_date),
        parameters=p,
        countries=countries,
        pairs=pairs,
        posts=posts,
        pools=pools,
        brokers=numbered(offices, pools),
        extra_traders=_extra_traders(settings, posts),
        corridors=corridors_of(settings, posts),
        exit_process=settings.exit_process,
        entry_processes=procedures.processes,
        outcome_shares=outcomes,
        in_force=settings.in_force,
        transit=settings.transit_min,
        pickup=settings.pickup,
        weekday_weights=weights,
        hour_weights=tuple(settings.hour_weights.values()),
        daily_cv=tuple(daily_cv(post.per_day, p.demand) for post in posts),
        aeo_share=settings.aeo_share,
        scan_share=settings.scan_share,
        exit_red_share=settings.exit_red_share,
        agency_share=settings.agency_share,
        channel_policy=settings.channel_policy,
        expired_alerts=settings.expired_alerts,
        smuggling=settings.smuggling,
        fraud=True,
        blind_prohibited_share=0.0,
        corruption=settings.corruption,
        fitted=settings.fitted,
        not_for=settings.not_for,
        smuggler_ways=settings.smuggler_ways,
    )


def _post(
    name: str,
    settings: BorderWorld,
    procedures: Procedures,
    countries: tuple[Country, ...],
    weights: tuple[float, ...],
    p: Parameters,
) -> Post:
    given = settings.posts[name]
    hours = opening_hours(given.hours)
    _arrivals_meet_hours(name, settings, hours)
    if given.weekday_weights is not None:
        weights = weekday_shape(tuple(given.weekday_weights.values()))
    means, per_day = _volume(given, weights, hours)
    position = {country.key: i for i, country in enumerate(countries)}
    return Post(
        name=name,
        exit_country=position[given.exit_country],
        entry_country=position[given.entry_country],
        month_means=means,
        hours=hours,
        km=tuple(_km(name, other, settings) for other in sorted(settings.posts)),
        traders=max(FEWEST_TRADERS, round(per_day / p.demand.journeys_per_trader_day)),
        per_day=per_day,
        regime_shares=regime_shares(name, settings),
        processes=procedures.by_country[given.entry_country],
        weekday_weights=weights if given.weekday_weights is not None else None,
        hour_weights=None if given.hour_weights is None else tuple(given.hour_weights.values()),
    )


def _broker_count(post: Post, settings: BorderWorld, procedures: Procedures, p: Parameters) -> int:
    """Broker offices of a post: as it says, else as assumed where papers pass through a broker's hands.

    Raises
    ------
    SettingsError
        If it has none and a process it uses needs one.
    """
    used = [procedures.processes[k] for k, share in zip(post.processes, post.regime_shares, strict=True) if share > 0]
    needed = next((process for process in used if process.needs_broker), None)
    stated = settings.posts[post.name].brokers
    if stated is None:
        return max(1, round(p.brokers.per_post)) if settings.entry_process.paper_start else 0
    if needed and round(stated) < 1:
        stage = next(stage.name for stage in needed.stages if "broker" in stage.pools)
        raise SettingsError(
            f"world.posts.{post.name}.brokers: {stated:g}: stage {stage} of process {needed.title} is a broker's work; "
            "give 1 or more, or the regime a process without it"
        )
    return round(stated)


def _volume(
    given: PostSettings, weights: tuple[float, ...], hours: tuple[tuple[int, int] | None, ...]
) -> tuple[tuple[float, ...], float]:
    """Mean journeys of a day of weight 1 per month, and per calendar day."""
    if given.port is not None and given.year is not None:
        months = port_months(given.port, given.year)
        return month_means(months, given.year, weights, hours), sum(months) / (366 if isleap(given.year) else 365)
    per_day = given.journeys_per_day or 0.0
    return (daily_mean(per_day, weights, hours),) * 12, per_day


def _arrivals_meet_hours(name: str, settings: BorderWorld, hours: tuple[tuple[int, int] | None, ...]) -> None:
    shape = list((settings.posts[name].hour_weights or settings.hour_weights).values())
    for weekday, span in zip(settings.posts[name].hours, hours, strict=True):
        if span is not None and sum(shape[span[0] // 60 : -(-span[1] // 60)]) <= 0:
            raise SettingsError(
                f"world.posts.{name}.hours.{weekday}: no hour_weights are above 0 while the post is open; "
                "give the open hours some weight"
            )


def _km(here: str, other: str, settings: BorderWorld) -> float:
    """Detour either post states; 0 where neither does."""
    return settings.posts[here].km.get(other, settings.posts[other].km.get(here, 0.0))


def _work_week_min(
    post: Post,
    settings: BorderWorld,
    procedures: Procedures,
    outcomes: tuple[OutcomeShares, ...],
    countries: tuple[Country, ...],
    pairs: tuple[Pair, ...],
    p: Parameters,
) -> dict[str, float]:
    """Expected minutes of work a week at a post, by pool."""
    origin, destination = countries[post.exit_country], countries[post.entry_country]
    pair = next(x for x in pairs if x.origin == origin.key and x.destination == destination.key)
    work: dict[str, float] = {}

    def add(share: float, process: Process, baseline: Baseline) -> None:
        for pool, minutes in work_per_journey(process, baseline).items():
            work[pool] = work.get(pool, 0.0) + share * minutes

    for k, process in enumerate(procedures.processes):
        regimes = [r for r, position in enumerate(post.processes) if position == k]
        share = sum(post.regime_shares[r] for r in regimes)
        if share > 0:
            empty = post.regime_shares[EMPTY] / share if EMPTY in regimes else 0.0
            links = pair if process.needs_broker else replace(pair, rekeyed_elements=0.0)
            scan, agency = settings.scan_share, settings.agency_share
            add(share, process, entry_baseline(destination, links, empty, scan, agency, p, outcomes))
    if settings.exit_process:
        empty = post.regime_shares[EMPTY]
        leaving = exit_baseline(settings.exit_red_share, empty, settings.agency_share, p)
        add(1.0, settings.exit_process, leaving)
    return {pool: 7.0 * post.per_day * minutes for pool, minutes in work.items()}


def _officer_pools(position: int, post: Post, settings: BorderWorld, work: dict[str, float]) -> list[Pool]:
    pools = pool_settings(post.name, settings)
    return [
        officer_pool(
            f"{post.name}/{name}",
            pools[name],
            position,
            post.exit_country if pools[name].side == "exit" else post.entry_country,
            post.hours,
            work.get(name, 0.0),
        )
        for name in sorted(pools)
    ]


def _extra_traders(settings: BorderWorld, posts: tuple[Post, ...]) -> tuple[ExtraTrader, ...]:
    home = {post.name: i for i, post in enumerate(posts)}
    return tuple(
        ExtraTrader(name, home[trader.home], trader.journeys_per_day)
        for name, trader in sorted(settings.traders.items())
    )
