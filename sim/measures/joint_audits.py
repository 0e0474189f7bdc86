"""Joint audits: countries look together at whether each applies what was agreed."""

from sim.measures.change import Change
from sim.measures.context import Context, Measure


class JointAudits(Measure):
    """A good audit raises trust; trust decides how much is sent unasked.

    Price: officer hours in both countries. An audit that finds agreed practice not applied lowers trust, so that
    audits of an administration that applies little undermine the exchange they were to build.
    """

    name = "joint_audits"
    title = "Joint audits"
    mutual = True

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day, for every ordered pair of countries: the first audits the second."""
        m, out = context.world.parameters.measures, []
        daily = context.intensity * m.joint_audits_per_year / 365.0
        for auditor in context.world.countries:
            audited = [country for country in context.world.countries if country is not auditor]
            for other in audited:
                out.append(Change("trust.audits_per_day", f"{auditor.key}>{other.key}", "add", daily, self.name))
            hours = 2 * len(audited) * daily * m.joint_audit_h
            out.append(Change("costs.staff_h", auditor.key, "add", hours, self.name))
        return out
