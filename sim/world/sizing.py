"""How many officers, clerks and devices a post needs: expected baseline work over the minutes one unit is on duty."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.settings.errors import SettingsError
from sim.settings.parameters import Parameters
from sim.settings.process import END, Process, Stage
from sim.world.volumes import Hours
from sim.world.world import Country, OutcomeShares, Pair

Span = tuple[int, int]
Shares = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Baseline:
    """What an average journey of one side meets before any measure.

    Attributes
    ----------
    shares : per routing rule the shares of its outcomes, in the order of `ROUTES`, for a loaded lorry; and per stage
        whose outcomes have shares of their own
    prepare_min, document_min : re-keying, and comparing, of one set of papers
    examination_min : mean nominal examination
    empty_share : share of lorries without goods and papers
    """

    shares: Shares
    prepare_min: float
    document_min: float
    examination_min: float
    empty_share: float


def mismatch_share(elements: float, pair: Pair, p: Parameters) -> float:
    """Probability that at least one of so many re-keyed elements is wrong."""
    error_p = p.documents.element_error_p * (1.0 + pair.no_common_language)
    return 1.0 - math.pow(1.0 - error_p, elements)


def false_alarm_share(skill: float, p: Parameters) -> float:
    """Share of clean images called suspicious by a rested reader who has met no find yet."""
    d_prime = p.image.d_base + p.image.d_skill * (skill - 0.5)
    prior = min(max(1.0 / p.image.prior_images, p.image.belief_floor), 0.5)
    criterion = p.image.criterion_prevalence * math.log((1.0 - prior) / prior)
    return 0.5 * (1.0 + math.erf((-d_prime / 2.0 - criterion) / math.sqrt(2.0)))


def examination_mean_min(p: Parameters) -> float:
    """Mean nominal minutes of a physical examination over its three levels."""
    e = p.examination
    full = 1.0 - e.tailgate_share - e.partial_share
    return e.tailgate_share * e.tailgate_min + e.partial_share * e.partial_min + full * e.full_min


def entry_baseline(
    country: Country,
    pair: Pair,
    empty_share: float,
    scan_share: float,
    agency_share: float,
    p: Parameters,
    outcomes: Sequence[OutcomeShares] = (),
) -> Baseline:
    """Expectations of an entry side.

    Finds are left out (they are rare), and so are pressure and pace, whose baseline mean is 1. Corrections are
    served by nobody and size nothing.
    """
    d = p.documents
    red, yellow = country.red_share, country.yellow_share
    machine = pair.rekeyed_elements * (1.0 - d.nonmachine_share)
    returned = mismatch_share(machine, pair, p)
    manual = pair.rekeyed_elements * d.nonmachine_share
    query = mismatch_share(manual, pair, p) * (d.query_p_base + d.query_p_skill * country.skill_mean)
    alarm = false_alarm_share(country.skill_mean, p)
    return Baseline(
        shares={
            "always": (1.0,),
            "validation": (1.0 - returned, returned),
            "channel": (1.0 - red - yellow, yellow, red),
            "document": (1.0 - query, query, 0.0),
            "control": ((1.0 - red) * (1.0 - scan_share), (1.0 - red) * scan_share, red),
            "image": (1.0 - alarm, alarm),
            "found": (1.0, 0.0),
            "agency": (1.0 - agency_share, agency_share),
            **{_own(stage.stage): stage.shares for stage in outcomes},
        },
        prepare_min=pair.rekeyed_elements
        * d.rekey_min_per_element
        * (1.0 + d.rekey_language_factor * pair.no_common_language),
        document_min=manual * d.compare_min_per_element / country.skill_mean,
        examination_min=examination_mean_min(p),
        empty_share=empty_share,
    )


def _own(stage: str) -> str:
    """Key of the shares a stage has for itself."""
    return f"share of {stage}"


def exit_baseline(red_share: float, empty_share: float, agency_share: float, p: Parameters) -> Baseline:
    """Expectations of an exit side: no papers, a share of red, no yellow."""
    return Baseline(
        shares={
            "always": (1.0,),
            "validation": (1.0, 0.0),
            "channel": (1.0 - red_share, 0.0, red_share),
            "document": (1.0, 0.0, 0.0),
            "control": (1.0 - red_share, 0.0, red_share),
            "image": (1.0, 0.0),
            "found": (1.0, 0.0),
            "agency": (1.0 - agency_share, agency_share),
        },
        prepare_min=0.0,
        document_min=0.0,
        examination_min=examination_mean_min(p),
        empty_share=empty_share,
    )


def expected_visits(process: Process, start: str, shares: Shares) -> dict[str, float]:
    """Mean visits of a token to each stage, from where it starts until it ends.

    Visits v solve v = start + (transition)' v over the stages as declared.

    Raises
    ------
    SettingsError
        If some stage, once entered, is never left for an end.
    """
    position = {s.name: i for i, s in enumerate(process.stages)}
    moves = np.zeros((len(position), len(position)))
    for stage in process.stages:
        rule = _own(stage.name) if stage.route == "share" else stage.route
        for outcome, share in zip(stage.outcomes, shares[rule], strict=True):
            if stage.to[outcome] not in END:
                moves[position[stage.name], position[stage.to[outcome]]] += share
    reached = np.zeros(len(position))
    reached[position[start]] = 1.0
    try:
        visits = np.linalg.solve(np.eye(len(position)) - moves.T, reached)
    except np.linalg.LinAlgError:
        visits = np.full(len(position), -1.0)
    if visits.min() < -1e-9:
        raise SettingsError(
            f"world process {process.title}: from {start} a token can go round for ever; "
            f"let every stage lead to one of {', '.join(END)}"
        )
    return {name: float(visits[i]) for name, i in position.items()}


def _visit_min(stage: Stage, baseline: Baseline) -> float:
    if stage.work == "examination":
        return baseline.examination_min
    plain = stage.service.mean_min if stage.service else 0.0
    added = {"prepare": baseline.prepare_min, "document": baseline.document_min}
    return plain + added.get(stage.work, 0.0)


def work_per_journey(process: Process, baseline: Baseline) -> dict[str, float]:
    """Expected baseline minutes of work per potential journey, by the pool that serves (`broker` included)."""
    loaded, empty = 1.0 - baseline.empty_share, baseline.empty_share
    no_papers = {
        **baseline.shares,
        "control": _without_examination(baseline.shares["control"]),
    }
    flows = [
        (loaded, expected_visits(process, process.goods_start, baseline.shares)),
        (empty, expected_visits(process, process.empty_start or process.goods_start, no_papers)),
    ]
    if process.paper_start:
        flows.append((loaded, expected_visits(process, process.paper_start, baseline.shares)))
    work: dict[str, float] = {}
    for stage in process.stages:
        minutes = sum(share * visits[stage.name] for share, visits in flows) * _visit_min(stage, baseline)
        for pool in stage.pools:
            work[pool] = work.get(pool, 0.0) + minutes
    return work


def _without_examination(control: tuple[float, ...]) -> tuple[float, ...]:
    clear, scan, _ = control
    called = scan / (clear + scan) if clear + scan > 0 else 0.0
    return (1.0 - called, called, 0.0)


def duty_min(teams: Sequence[Span], hours: Hours) -> int:
    """Minutes a week during which one unit of each team is on duty; with no teams, the open minutes."""
    spans = list(teams) or [(0, 24 * 60)]
    cut = [min(s[1], day[1]) - max(s[0], day[0]) for day in hours if day is not None for s in spans]
    return sum(max(0, minutes) for minutes in cut)


def units_for(work_min: float, on_duty_min: float, load: float) -> int:
    """Units per team that do `work_min` a week at the utilisation `load`; at least 1."""
    if on_duty_min <= 0:
        return 1
    return max(1, math.ceil(work_min / (on_duty_min * load) - 1e-9))


def load_of(work_min: float, on_duty_min: float, units: int) -> float:
    """Utilisation of so many units per team, or NaN where nobody is ever on duty."""
    return work_min / (on_duty_min * units) if on_duty_min > 0 and units > 0 else math.nan
