"""All measures by name, and the mechanisms they act on in a world."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from sim.measures.change import Change, Key
from sim.measures.context import Context, Measure
from sim.measures.data_sharing import DataSharing
from sim.measures.integrity import Integrity
from sim.measures.standardisation import Standardisation
from sim.measures.training import Training
from sim.settings.errors import SettingsError
from sim.settings.parameters import Parameters
from sim.settings.run import Scenario
from sim.world.world import World

MEASURES: dict[str, Measure] = {m.name: m for m in (DataSharing(), Integrity(), Standardisation(), Training())}


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


def changes_today(
    scenario: Scenario, world: World, course_place: Mapping[str, float], days_since_policy: int
) -> list[Change]:
    """Changes of all measures of a scenario on one day; none before `policy_day`."""
    out: list[Change] = []
    for chosen in scenario.measures:
        days = days_since_policy - chosen.from_day
        measure = measure_named(chosen.measure)
        if days >= 0:
            out += measure.changes(Context(world, course_place, chosen.intensity, days))
    return out


def base_mechanisms(world: World, seats: Iterable[str]) -> dict[Key, float]:
    """Every mechanism of a world as it stands without further measures."""
    p = world.parameters
    base: dict[Key, float] = {("smugglers.loophole_share", "all"): 0.0, ("documents.trader_reach01", "all"): 1.0}
    for broker in world.brokers:
        post = world.posts[broker.post]
        pair = world.pair(post.exit_country, post.entry_country)
        base["documents.rekeyed_elements", broker.name] = pair.rekeyed_elements
        base["documents.dual_elements", broker.name] = 0.0
    for country in world.countries:
        base["documents.skill_factor", country.key] = 1.0
        base["documents.local_feature", country.key] = 1.0
        for name in ("audit_p", "rotation_per_day", "drawn_officer_share", "open_decisions_share"):
            base[f"integrity.{name}", country.key] = 0.0
        base["costs.running_usd", country.key] = 0.0
        base["costs.setup_usd", country.key] = 0.0
    rows = {p.origin + ">" + p.destination: p for p in world.pairs}
    for sender in world.countries:
        for receiver in world.countries:
            if sender is not receiver:
                name = f"{sender.key}>{receiver.key}"
                pair = rows.get(name) or rows[f"{receiver.key}>{sender.key}"]
                base |= _exchange(name, pair.channel, pair.legal_basis, pair.domestication_share, p)
    for seat in seats:
        base["staff.absent", seat] = 0.0
        base["staff.course_gain", seat] = 0.0
    return base


def _exchange(name: str, channel: str, legal_basis: str, applied: float, p: Parameters) -> dict[Key, float]:
    intelligence, trust = p.intelligence, p.trust
    feedback = trust.feedback_share if channel == "formal" else trust.feedback_liaison_share
    unasked = 0.0 if channel == "formal" else getattr(intelligence, f"coverage_{channel}")
    return {
        ("intelligence.coverage", name): unasked,
        ("intelligence.legal_cap", name): applied * getattr(intelligence, f"cap_{legal_basis}"),
        ("intelligence.delay_d", name): getattr(intelligence, f"delay_{channel}_d"),
        ("intelligence.feedback_share", name): feedback,
        ("trust.meetings_per_day", name): 0.0,
    }
