"""Countries and pairs of a world: tier quantities, reference values, and the trust a pair starts with."""

from sim.settings.errors import SettingsError
from sim.settings.parameters import BriberyParameters, Parameters
from sim.settings.world import BorderWorld, CountrySettings, PairSettings
from sim.world.reference import country_capacity, pair_reference
from sim.world.world import Country, Pair

LOW_CAPACITY, HIGH_CAPACITY = 0.40, 0.80
"""Capacity at which tier quantities take their low and their high value; between them they are interpolated."""
TRUST_FLOOR, TRUST_CEILING = 0.05, 0.9


def tier01(capacity01: float) -> float:
    """Place of a capacity between low tier (0) and high tier (1)."""
    return min(max((capacity01 - LOW_CAPACITY) / (HIGH_CAPACITY - LOW_CAPACITY), 0.0), 1.0)


def build_country(key: str, settings: CountrySettings, p: Parameters) -> Country:
    """A country with its tier quantities.

    Raises
    ------
    SettingsError
        If capacity is neither given nor in the reference table.
    """
    capacity = settings.capacity01 if settings.capacity01 is not None else country_capacity(key)
    tier = tier01(capacity)

    def between(low: float, high: float) -> float:
        return low + (high - low) * tier

    return Country(
        key=key,
        title=settings.title,
        tier01=tier,
        skill_mean=between(p.staff.skill_low_tier, p.staff.skill_high_tier),
        recorded_share=between(p.intelligence.recorded_low_tier, p.intelligence.recorded_high_tier),
        answer_mean_h=between(p.documents.answer_low_tier_h, p.documents.answer_high_tier_h),
        leaving_per_year=between(p.staff.leaving_low_tier, p.staff.leaving_high_tier),
        red_share=between(p.selectivity.red_low_tier, p.selectivity.red_high_tier),
        yellow_share=between(p.selectivity.yellow_low_tier, p.selectivity.yellow_high_tier),
        lorry_usd_per_h=between(p.costs.lorry_usd_per_h_low_tier, p.costs.lorry_usd_per_h_high_tier),
        officer_usd_per_h=between(p.costs.officer_usd_per_h_low_tier, p.costs.officer_usd_per_h_high_tier),
        clerk_usd_per_h=between(p.costs.clerk_usd_per_h_low_tier, p.costs.clerk_usd_per_h_high_tier),
        duty_share=between(p.revenue.duty_low_tier, p.revenue.duty_high_tier),
        release_target_h=between(p.release.target_low_tier_h, p.release.target_high_tier_h),
        maintained_share=between(p.devices.maintained_low_tier, p.devices.maintained_high_tier),
        system_failure_p=between(p.systems.failure_low_tier_per_day, p.systems.failure_high_tier_per_day),
        bribe_p=_bribe_p(tier, p.bribery),
        domestication_share=between(p.measures.domestication_low_tier, p.measures.domestication_high_tier),
    )


def _bribe_p(tier: float, b: BriberyParameters) -> float:
    """Willingness of a country's officers, interpolated from low over mid to high tier."""
    low, high, place = (b.p_low_tier, b.p_mid_tier, 2.0 * tier)
    if tier > 0.5:
        low, high, place = (b.p_mid_tier, b.p_high_tier, 2.0 * tier - 1.0)
    return low + (high - low) * place


def starting_trust(
    agreement: bool, contiguous: float, language: float, tension: float, p: Parameters, cultural_distance: float = 0.0
) -> float:
    """Trust before anything is exchanged, in [.05, .9].

    An agreement counts; a memorandum does not.
    """
    t = p.trust
    trust = (
        t.start_base
        + t.start_agreement * agreement
        + t.start_contiguity * contiguous
        + t.start_language * language
        - t.start_tension * tension
        - t.start_cultural_distance * cultural_distance
    )
    return min(max(trust, TRUST_FLOOR), TRUST_CEILING)


def build_pair(settings: PairSettings, p: Parameters) -> Pair:
    """A pair; what its settings leave open is read from the bilateral table.

    Raises
    ------
    SettingsError
        If something is left open and the table has no such pair.
    """
    language, contiguous, tension = _links(settings)
    agreement = settings.legal_basis == "agreement"
    return Pair(
        origin=settings.origin,
        destination=settings.destination,
        rekeyed_elements=settings.rekeyed_elements,
        no_common_language=1.0 - language,
        same_script=settings.scripts == "same",
        legal_basis=settings.legal_basis,
        channel=settings.channel,
        trust_start=starting_trust(agreement, contiguous, language, tension, p, settings.cultural_distance),
    )


def _links(settings: PairSettings) -> tuple[float, float, float]:
    """Common language, contiguity and tension: as given, else as the bilateral table has them."""
    given = (settings.common_language, settings.contiguous, settings.tension)
    if None not in given:
        found = (0.0, 0.0, 0.0)
    else:
        found = pair_reference(settings.origin, settings.destination)
    language, contiguous, tension = (f if g is None else g for g, f in zip(given, found, strict=True))
    return language, contiguous, tension


def build_pairs(settings: BorderWorld, p: Parameters) -> tuple[Pair, ...]:
    """All pairs sorted by name, both directions of every post among them.

    Raises
    ------
    SettingsError
        If a pair stands twice, or a direction a post needs is missing.
    """
    pairs = sorted((build_pair(s, p) for s in settings.pairs), key=lambda pair: pair.name)
    names = [pair.name for pair in pairs]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(f"world.pairs: {name} stands {names.count(name)} times; give each pair once")
    for post, s in sorted(settings.posts.items()):
        for origin, destination in ((s.exit_country, s.entry_country), (s.entry_country, s.exit_country)):
            if f"{origin}>{destination}" not in names:
                raise SettingsError(
                    f"world.posts.{post}: the pair {origin}>{destination} is missing from pairs, which has "
                    f"{', '.join(names) or 'none'}; add it (findings flow both ways)"
                )
    return tuple(pairs)
