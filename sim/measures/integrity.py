"""Integrity: officers rotate, joint audits look at files, nobody chooses the officer, decisions can be seen."""

from sim.measures.change import Change
from sim.measures.context import Context, Measure


class Integrity(Measure):
    """Partnerships of officers and brokers end, officers come to believe in audits, and some deals cannot be made.

    Price: officers who move are new to their desk; those dismissed leave it empty for a time; files that were waved
    through are checked again. Partnerships form anew, and other ways of paying remain.
    """

    name = "integrity"
    title = "Rotation, joint audits and open decisions"
    mutual = True

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day, for every country."""
        m, k = context.world.parameters.measures, context.intensity
        values = {
            "audit_p": m.integrity_audit_p,
            "rotation_per_day": 1.0 / m.integrity_rotation_d,
            "drawn_officer_share": m.integrity_drawn_officer_share,
            "open_decisions_share": m.integrity_open_decisions_share,
        }
        out = []
        for country in context.world.countries:
            out += [Change(f"integrity.{name}", country.key, "max", k * v, self.name) for name, v in values.items()]
            running = k * m.integrity_running_usd_per_year / 365.0
            out.append(Change("costs.running_usd", country.key, "add", running, self.name))
        return out
