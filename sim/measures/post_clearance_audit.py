"""Post-clearance audit (TFA 7.5): part of the yellow channel turns blue, released at once and audited by risk."""

from sim.measures.change import Change
from sim.measures.context import Context, Measure


class PostClearanceAudit(Measure):
    """Fewer papers are checked before release; officers audit the riskiest of what was released.

    Traders hear of audits late, and are then deterred by them. Price: officers who audit are missing at the desk; what
    was checked before release is now released; prohibited goods are found by no audit.
    """

    name = "post_clearance_audit"
    title = "Blue channel and audits by risk"
    at_entry = True

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day."""
        world, m, k = context.world, context.world.parameters.measures, context.intensity
        blue = k * m.post_clearance_audit_blue_share
        out = [Change("selectivity.blue_share", post.name, "add", blue, self.name) for post in world.posts]
        away = k * m.post_clearance_audit_time_share
        for number in world.clearing:
            own = {pool.name for pool in world.pools if pool.country == number and pool.skill == "document"}
            seats = [seat for seat in context.course_place if seat.rpartition("/")[0] in own]
            hours = away * len(seats) * world.parameters.staff.working_day_h
            key = world.countries[number].key
            out += [Change("staff.time_share", seat, "scale", 1.0 - away, self.name) for seat in seats]
            out.append(Change("audits.per_day", key, "add", hours / world.parameters.revenue.audit_h, self.name))
            out.append(Change("costs.staff_h", key, "add", hours, self.name))
        return out
