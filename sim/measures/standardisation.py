"""Standardisation: a common data set closes part of the gap between two countries' forms."""

from sim.measures.change import Change
from sim.measures.context import Context, Measure


class Standardisation(Measure):
    """Fewer elements are re-keyed, once an office has adopted the form and as far as both administrations apply it.

    Price: both forms are filled in for a time; officers must learn the new one; an element only one country used
    disappears, and with it the risk feature it carried; an evasion learned under common rules works at every adopter;
    what is taken over from the other country's system is missing while that is down (`sim.admission`).
    """

    name = "standardisation"
    title = "Common declaration data set (WCO Data Model)"
    mutual = True

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day; offices that live on complex forms adopt late, and the smallest traders last."""
        m, k, days = context.world.parameters.measures, context.intensity, context.days
        out = []
        sides = {post: _sides(context, post) for post in {broker.post for broker in context.world.brokers}}
        countries = context.world.countries
        applied = {post: min(countries[c].domestication_share for c in pair) for post, pair in sides.items()}
        gap = {post: context.world.pair(*pair).rekeyed_elements for post, pair in sides.items()}
        for broker in context.world.brokers:
            adopted = days >= broker.complexity01 * m.standardisation_broker_lag_d
            share = k * m.standardisation_adopted_share * applied[broker.post] if adopted else 0.0
            out.append(Change("documents.rekeyed_elements", broker.name, "scale", 1.0 - share, self.name))
            if days < m.standardisation_dual_running_d:
                out.append(Change("documents.dual_elements", broker.name, "add", gap[broker.post] * share, self.name))
        unlearned = max(0.0, 1.0 - days / max(m.standardisation_recovery_d, 1e-9))
        for country in context.world.countries:
            factor = 1.0 - k * m.standardisation_skill_loss * unlearned
            out.append(Change("documents.skill_factor", country.key, "scale", factor, self.name))
            out.append(Change("documents.local_feature", country.key, "scale", 1.0 - k, self.name))
            running = k * m.standardisation_running_usd_per_year / 365.0
            out.append(Change("costs.running_usd", country.key, "add", running, self.name))
        lag_d = m.standardisation_trader_lag_d
        reach = min(days / lag_d, 1.0) if k > 0 and lag_d > 0 else 1.0
        out.append(Change("documents.trader_reach01", "all", "min", reach, self.name))
        loophole = k * m.standardisation_loophole_share
        out.append(Change("smugglers.loophole_share", "all", "add", loophole, self.name))
        return out


def _sides(context: Context, post: int) -> tuple[int, int]:
    where = context.world.posts[post]
    return where.exit_country, where.entry_country
