"""A programme of authorised operators that traders join if it is worth it to them."""

from sim.measures.change import Change
from sim.measures.context import Context, Measure


class AeoProgramme(Measure):
    """Document officers validate those who apply and audit those who joined, as far as their hours go.

    A trader applies when the lorry hours it expects to save are worth more than complying costs. Price: those hours are
    missing at the desk; who does not join waits behind more of those who did.
    """

    name = "aeo_programme"
    title = "Authorised operators by their own choice"
    priced_as = "aeo"
    at_entry = True

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day."""
        world, out = context.world, []
        away = context.intensity * world.parameters.measures.aeo_programme_time_share
        for number in world.clearing:
            own = {pool.name for pool in world.pools if pool.country == number and pool.skill == "document"}
            seats = [seat for seat in context.course_place if seat.rpartition("/")[0] in own]
            hours, key = away * len(seats) * world.parameters.staff.working_day_h, world.countries[number].key
            out += [Change("staff.time_share", seat, "scale", 1.0 - away, self.name) for seat in seats]
            out.append(Change("traders.validation_h", key, "add", hours, self.name))
            out.append(Change("costs.staff_h", key, "add", hours, self.name))
        return out
