"""Risk management: fewer declarations are sent to red, chosen by score."""

from sim.measures.change import Change
from sim.measures.context import Context, Measure, SetUp
from sim.world.world import World


class RiskManagement(Measure):
    """The share of red declarations falls to a target where it is above.

    Price: what scored below the new threshold passes; smugglers learn that more passes; fewer examinations teach the
    targeting engine less.
    """

    name = "risk_management"
    title = "Risk management: fewer red declarations"

    def lead_d(self, world: World) -> float:
        """Time to set up a risk unit and its rules."""
        return world.parameters.measures.risk_management_lead_d

    def setup(self, context: Context) -> list[SetUp]:
        """The same in every country."""
        usd = context.intensity * context.world.parameters.measures.risk_management_setup_usd
        return [SetUp(country.key, usd) for country in context.world.countries]

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day."""
        m, k, out = context.world.parameters.measures, context.intensity, []
        for country in context.world.countries:
            if country.red_share > m.risk_management_red_share:
                share = 1.0 - k * (1.0 - m.risk_management_red_share / country.red_share)
                out.append(Change("selectivity.red_share", country.key, "scale", share, self.name))
            usd = k * m.risk_management_running_usd_per_year / 365.0
            out.append(Change("costs.running_usd", country.key, "add", usd, self.name))
        return out
