"""Risk management: fewer declarations are sent to red, chosen by score."""

from sim.measures.change import Change
from sim.measures.context import Context, Measure


class RiskManagement(Measure):
    """The share of red declarations falls to a target where it is above.

    Price: what scored below the new threshold passes; smugglers learn that more passes; fewer examinations teach the
    targeting engine less.
    """

    name = "risk_management"
    title = "Risk management: fewer red declarations"

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day."""
        m, k, out = context.world.parameters.measures, context.intensity, []
        for number, country in enumerate(context.world.countries):
            if country.red_share > m.risk_management_red_share:
                share = 1.0 - k * (1.0 - m.risk_management_red_share / country.red_share)
                out += [
                    Change("selectivity.red_share", post.name, "scale", share, self.name)
                    for post in context.world.posts
                    if post.entry_country == number
                ]
            usd = k * m.risk_management_running_usd_per_year / 365.0
            out.append(Change("costs.running_usd", country.key, "add", usd, self.name))
        return out
