"""All measures by name, and the mechanisms they act on in a world."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from sim.consignments.numbers import Numbers
from sim.measures.aeo import Aeo
from sim.measures.aeo_programme import AeoProgramme
from sim.measures.broker_hours import BrokerHours
from sim.measures.change import NEVER_H, Change, Key
from sim.measures.channels import CHANNEL_MEASURES
from sim.measures.context import Context, Measure
from sim.measures.courses import COURSES
from sim.measures.equipment import Equipment
from sim.measures.further import further_seats
from sim.measures.in_force import raise_of
from sim.measures.integrity import Integrity
from sim.measures.joint_audits import JointAudits
from sim.measures.joint_operation import JointOperation
from sim.measures.more_officers import MoreOfficers
from sim.measures.post_clearance_audit import PostClearanceAudit
from sim.measures.reach import Reach
from sim.measures.release_target import ReleaseTarget
from sim.measures.risk_management import RiskManagement
from sim.measures.schedule import Schedule
from sim.measures.standardisation import Standardisation
from sim.measures.tighter_control import TighterControl
from sim.settings.errors import SettingsError
from sim.settings.parameters import Parameters
from sim.settings.run import MeasureSettings, Scenario
from sim.world.world import World

MEASURES: dict[str, Measure] = {
    m.name: m
    for m in (
        *CHANNEL_MEASURES, Standardisation(), *COURSES, Equipment(), MoreOfficers(), RiskManagement(), Aeo(),
        JointAudits(), Integrity(), TighterControl(), ReleaseTarget(), PostClearanceAudit(), AeoProgramme(),
        BrokerHours(), JointOperation(),
    )
}  # fmt: skip


def measure_named(name: str) -> Measure:
    """The measure of this name.

    Raises
    ------
    SettingsError
        If there is none; the message suggests the nearest.
    """
    if name not in MEASURES:
        near = get_close_matches(name, MEASURES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"measures are {', '.join(sorted(MEASURES))}"
        raise SettingsError(f"scenario: measure {name} is unknown; {hint}")
    return MEASURES[name]


def measure_of(chosen: MeasureSettings, world: World) -> Measure:
    """The measure a scenario chooses in a world: a new one, or one in force that it raises."""
    return raise_of(chosen, world) or measure_named(chosen.measure)


def with_further_units(world: World, scenario: Scenario) -> World:
    """The world with the units the measures of a scenario provide; until they do, these are on no roster."""
    further: Counter[str] = Counter()
    for chosen in scenario.measures:
        further.update(measure_of(chosen, world).further_units(world))
    if not any(further.values()):
        return world
    return replace(world, pools=tuple(replace(pool, further=further[pool.name]) for pool in world.pools))


@dataclass(frozen=True)
class Planned:
    """A measure as a scenario plans it: how strong, what it is, when it is decided and acts, and where."""

    chosen: MeasureSettings
    measure: Measure
    schedule: Schedule
    reach: Reach

    @property
    def name(self) -> str:
        """What the scenario calls the measure."""
        return self.chosen.measure


def planned(scenario: Scenario, world: World) -> list[Planned]:
    """The measures of a scenario in a world."""
    found = [(chosen, measure_of(chosen, world)) for chosen in scenario.measures]
    return [Planned(one, what, Schedule.of(one, what, world), Reach.of(one, world)) for one, what in found]


def changes_today(
    measures: Iterable[Planned],
    world: World,
    course_place: Mapping[str, float],
    days_since_policy: int,
    lapsed: Collection[str] = (),
) -> list[Change]:
    """Changes of all measures of a scenario on one day; none before `policy_day`, none of those that have lapsed."""
    out: list[Change] = []
    for plan in measures:
        if days_since_policy < 0 or plan.name in lapsed:
            continue
        measure, schedule = plan.measure, plan.schedule
        context = Context(world, course_place, plan.chosen.intensity, days_since_policy - schedule.go_live)
        share = schedule.set_up_share(days_since_policy)
        if share > 0:
            for one in plan.reach.setup(measure.setup(context)):
                public, donor = share * one.usd * (1.0 - one.donor_share), share * one.usd * one.donor_share
                out.append(Change("costs.setup_usd", one.country, "add", public, measure.name))
                if one.donor_share > 0:
                    out.append(Change("costs.donor_usd", one.country, "add", donor, measure.name))
        if context.days >= 0:
            out += plan.reach.changes(measure.changes(context))
    return out


def lapsing_today(
    measures: Iterable[Planned], world: World, numbers: Numbers, day: int, days_since_policy: int
) -> Iterator[Planned]:
    """Measures of a scenario that politics takes back on a day of the run, if they have been decided on.

    The draw belongs to the measure and the day, so a measure lapses on the same day in every scenario it is in.
    """
    daily = 1.0 - (1.0 - world.parameters.measures.p_reversal_per_year) ** (1.0 / 365.0)
    for plan in measures:
        decided = days_since_policy >= max(plan.schedule.decision, 0)
        if decided and numbers.uniform("reversal", plan.name, day, 1)[0] < daily:
            yield plan


def base_mechanisms(world: World, seats: Iterable[str]) -> dict[Key, float]:
    """Every mechanism of a world as it stands without further measures."""
    p = world.parameters
    base: dict[Key, float] = {
        ("smugglers.loophole_share", "all"): 0.0,
        ("traders.aeo_share", "all"): world.aeo_share,
        ("documents.trader_reach01", "all"): 1.0,
    }
    for broker in world.brokers:
        post = world.posts[broker.post]
        pair = world.pair(post.exit_country, post.entry_country)
        base["documents.rekeyed_elements", broker.name] = pair.rekeyed_elements
        base["documents.dual_elements", broker.name] = 0.0
        base["documents.ambiguity", broker.name] = 1.0
        base["brokers.more_h", broker.name] = 0.0
    for country in world.countries:
        base["documents.skill_factor", country.key] = 1.0
        base["documents.local_feature", country.key] = 1.0
        for name in ("audit_p", "rotation_per_day", "drawn_officer_share", "open_decisions_share"):
            base[f"integrity.{name}", country.key] = 0.0
        base["audits.per_day", country.key] = 0.0
        base["traders.validation_h", country.key] = 0.0
        base["costs.running_usd", country.key] = 0.0
        base["costs.setup_usd", country.key] = 0.0
        base["costs.donor_usd", country.key] = 0.0
        base["costs.trader_usd", country.key] = 0.0
        base["devices.maintained_share", country.key] = country.maintained_share
        base["costs.staff_h", country.key] = 0.0
    for post in world.posts:
        base["release.deadline_h", post.name] = NEVER_H
        base["selectivity.blue_share", post.name] = 0.0
        base["control.scan_share", post.name] = world.scan_share
        base["selectivity.red_share", post.name] = world.countries[post.entry_country].red_share
    for lot in world.outcome_shares:
        for outcome, share in zip(lot.outcomes, lot.shares, strict=True):
            if outcome in lot.stated:
                base["process.share", f"{lot.stage}.{outcome}"] = share
    rows = {p.origin + ">" + p.destination: p for p in world.pairs}
    for sender in world.countries:
        for receiver in world.countries:
            if sender is not receiver:
                name = f"{sender.key}>{receiver.key}"
                pair = rows.get(name) or rows[f"{receiver.key}>{sender.key}"]
                base |= _exchange(name, pair.channel, pair.legal_basis, sender.domestication_share, p)
    for seat in seats:
        base["staff.absent", seat] = 0.0
        base["staff.course_gain", seat] = 0.0
        base["staff.time_share", seat] = 1.0
    for pool in world.pools:
        for seat in further_seats(pool):
            base["staff.posted", seat] = 0.0
    return base


def _exchange(name: str, channel: str, legal_basis: str, applied: float, p: Parameters) -> dict[Key, float]:
    intelligence, trust = p.intelligence, p.trust
    feedback = trust.feedback_share if channel == "formal" else trust.feedback_liaison_share
    unasked = 0.0 if channel == "formal" else getattr(intelligence, f"coverage_{channel}")
    return {
        ("intelligence.coverage", name): unasked,
        ("intelligence.legal_cap", name): getattr(intelligence, f"cap_{legal_basis}") * applied,
        ("intelligence.delay_d", name): getattr(intelligence, f"delay_{channel}_d"),
        ("intelligence.feedback_share", name): feedback,
        ("intelligence.pooled_share", name): 0.0,
        ("trust.meetings_per_day", name): 0.0,
        ("trust.audits_per_day", name): 0.0,
    }
