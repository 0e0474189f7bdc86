"""Authorised economic operators: a larger share of traders is validated, audited, and goes first."""

from sim.measures.change import Change
from sim.measures.context import Context, Measure


class Aeo(Measure):
    """Traders are authorised in turn until the target is reached.

    Price: document officers validate and audit instead of checking declarations; who is not authorised waits behind
    more of those who are; a trusted trader's goods are a cover. Traders pay to comply.
    """

    name = "aeo"
    title = "More authorised operators"
    at_entry = True
    by_country = False

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day."""
        world, m, k = context.world, context.world.parameters.measures, context.intensity
        rise = k * max(0.0, m.aeo_target_share - world.aeo_share)
        done = min(1.0, (context.days + 1) / m.aeo_ramp_d)
        out = [Change("traders.aeo_share", "all", "add", rise * done, self.name)]
        for number in world.clearing:
            country = world.countries[number]
            traders = rise * sum(post.traders for post in world.posts if post.entry_country == number)
            joining = traders / m.aeo_ramp_d if context.days < m.aeo_ramp_d else 0.0
            hours = joining * m.aeo_validation_h + traders * done * m.aeo_audit_h_per_year / 365.0
            out.append(Change("costs.staff_h", country.key, "add", hours, self.name))
            out.append(Change("costs.trader_usd", country.key, "add", joining * m.aeo_trader_usd, self.name))
            out += self._from_the_desk(context, number, hours)
        return out

    def _from_the_desk(self, context: Context, country: int, hours: float) -> list[Change]:
        """Hours of the day taken evenly from the document officers of a country."""
        world = context.world
        own = {pool.name for pool in world.pools if pool.country == country and pool.skill == "document"}
        seats = [seat for seat in context.course_place if seat.rpartition("/")[0] in own]
        lost = hours / (max(len(seats), 1) * world.parameters.staff.working_day_h)
        return [Change("staff.time_share", seat, "scale", 1.0 - lost, self.name) for seat in seats]
