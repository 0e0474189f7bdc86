"""Small worlds whose answers are known exactly: one post, one hall, nobody who adapts."""

from datetime import date
from typing import Any

from sim.settings.parameters import Parameters
from sim.settings.process import Process, Service, Stage
from sim.settings.world import CountrySettings, InspectionWorld, QueueWorld
from sim.world.countries import build_country
from sim.world.sizing import duty_min, load_of, units_for
from sim.world.volumes import daily_mean
from sim.world.world import Country, Pair, Pool, Post, World

POST = "hall"
ALL_DAY = ((0, 24 * 60),) * 7
EXAMINATION_MIN = 1.0
EXAMINATION_LOAD = 0.1
"""Inspectors are many and examinations short, so that the answer depends on selection and dose alone."""
NOT_FOR = "Any real border: this world exists to be compared with a formula."


def queue_world(name: str, settings: QueueWorld, parameters: Parameters) -> World:
    """One station: M/M/c, M/G/1 or two priority classes.

    Parameters
    ----------
    name, settings, parameters
        As of `build_world`. A `priority_share` of lorries is authorised and goes first.

    Returns
    -------
    World
        Every lorry goes to the one station at once; clearance is wait plus service.
    """
    service = Service(law=settings.law, mean_min=settings.mean_service_min, sigma=settings.sigma)
    station = Stage(name="service", token="goods", pools=("servers",), service=service, to={"always": "released"})
    process = Process(title=settings.title, goods_start="service", stages=(station,))
    per_day = 24.0 * settings.arrivals_per_hour
    servers = _pool("servers", "device", "none", settings.servers, 7.0 * per_day * settings.mean_service_min)
    return _hall(name, settings.title, parameters, process, servers, per_day, aeo_share=settings.priority_share)


def inspection_world(name: str, settings: InspectionWorld, parameters: Parameters) -> World:
    """One examination hall with blind selection and one dose for everybody.

    Prohibited goods are found with probability inspection_share x (1 - exp(-dose)).

    Parameters
    ----------
    name, settings, parameters
        As of `build_world`; parameters that would bend the dose or the selection are replaced.

    Returns
    -------
    World
        Its `channel_policy` is `blind`: red is the random draw alone, at the country's red share.
    """
    process = Process(
        title=settings.title,
        goods_start="selectivity",
        stages=(
            Stage(
                name="selectivity",
                token="goods",
                kind="choice",
                route="channel",
                to={"green": "released", "yellow": "released", "red": "examination"},
            ),
            Stage(
                name="examination",
                token="goods",
                pools=("inspectors",),
                work="examination",
                route="found",
                to={"clear": "released", "found": "seized"},
            ),
        ),
    )
    work = 7.0 * settings.journeys_per_day * settings.inspection_share * EXAMINATION_MIN
    inspectors = _pool(
        "inspectors", "officer", "search", units_for(work, duty_min((), ALL_DAY), EXAMINATION_LOAD), work
    )
    return _hall(
        name,
        settings.title,
        _exact_dose(settings, parameters),
        process,
        inspectors,
        settings.journeys_per_day,
        prohibited_share=settings.prohibited_share,
    )


def _exact_dose(settings: InspectionWorld, p: Parameters) -> Parameters:
    """Parameters under which every examination delivers `settings.dose`, and nothing but chance selects."""
    skill = p.examination.reference_skill
    return _changed(
        p,
        examination={
            "tailgate_share": 0.0,
            "partial_share": 0.0,
            "full_min": EXAMINATION_MIN,
            "dose_per_min": settings.dose / EXAMINATION_MIN,
            "vigilance_loss_per_h": 0.0,
            "pace_low": 1.0,
            "pace_spread": 0.0,
            "pace_loss_per_h": 0.0,
            "equipment": 1.0,
        },
        consignments={"concealment_ordinary": 1.0, "concealment_prohibited": 1.0},
        staff={
            "skill_high_tier": skill,
            "skill_low_tier": skill,
            "skill_sd": 0.0,
            "learning_per_case": 0.0,
            "tactics_age_per_year": 0.0,
            "leaving_high_tier": 0.0,
            "leaving_low_tier": 0.0,
            "rotation_per_year": 0.0,
        },
        selectivity={
            "red_high_tier": settings.inspection_share,
            "red_low_tier": settings.inspection_share,
            "yellow_high_tier": 0.0,
            "yellow_low_tier": 0.0,
            "random_share": 1.0,
            "reroute_up": 0.0,
            "reroute_down": 0.0,
        },
        pressure={"exponent": 0.0},
        intelligence={"desk_alerts_per_day": 0.0},  # else traders once found are listed, and selection is not blind
    )


def _changed(p: Parameters, **sections: dict[str, float]) -> Parameters:
    update: dict[str, Any] = {name: getattr(p, name).model_copy(update=values) for name, values in sections.items()}
    return p.model_copy(update=update)


def _pool(name: str, kind: str, skill: str, units: int, work_week_min: float) -> Pool:
    return Pool(
        name=f"{POST}/{name}",
        kind=kind,
        post=0,
        country=0,
        skill=skill,
        assignment="longest_idle",
        teams=(),
        hours=ALL_DAY,
        base=units,
        reserve=0,
        open_at=0,
        step=0,
        expected_load=load_of(work_week_min, duty_min((), ALL_DAY), units),
    )


def _countries(p: Parameters) -> tuple[Country, ...]:
    return tuple(build_country(key, CountrySettings(title=key, capacity01=1.0), p) for key in ("hither", "yonder"))


def _pair(origin: str, destination: str) -> Pair:
    return Pair(origin, destination, 0.0, 0.0, True, "none", "formal", 0.5)


def _hall(
    name: str,
    title: str,
    p: Parameters,
    process: Process,
    pool: Pool,
    per_day: float,
    aeo_share: float = 0.0,
    prohibited_share: float = 0.0,
) -> World:
    flat = (1.0,) * 7
    post = Post(
        name=POST,
        exit_country=1,
        entry_country=0,
        month_means=(daily_mean(per_day, flat, ALL_DAY),) * 12,
        hours=ALL_DAY,
        km=(0.0,),
        traders=max(12, round(per_day / p.demand.journeys_per_trader_day)),
        per_day=per_day,
    )
    return World(
        name=name,
        title=title,
        fictional=True,
        mode="road",
        start=date(2024, 1, 1),
        parameters=p,
        countries=_countries(p),
        pairs=(_pair("hither", "yonder"), _pair("yonder", "hither")),
        posts=(post,),
        pools=(pool,),
        brokers=(),
        extra_traders=(),
        corridors=(),
        exit_process=None,
        entry_processes=(process,),
        outcome_shares=(),
        in_force=(),
        transit=Service(law="fixed", mean_min=1.0),
        pickup=Service(law="fixed", mean_min=1.0),
        weekday_weights=flat,
        hour_weights=(1.0,) * 24,
        daily_cv=(0.0,),
        aeo_share=aeo_share,
        scan_share=0.0,
        exit_red_share=0.0,
        agency_share=0.0,
        channel_policy="blind",
        expired_alerts="lapse",
        smuggling=False,
        fraud=False,
        blind_prohibited_share=prohibited_share,
        corruption=False,
        fitted="Nothing is fitted.",
        not_for=NOT_FOR,
    )
