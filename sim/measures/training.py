"""Training: workshops for a share of officers, a few at a time."""

from sim.measures.change import Change
from sim.measures.context import Context, SetUp
from sim.world.world import World

WEEK_D = 7


class Training:
    """Skill rises after the course; until it is over the officer is away from the desk."""

    name = "training"
    title = "Workshops for officers"
    mutual = False

    def lead_d(self, world: World) -> float:
        """Time to prepare the course."""
        return world.parameters.measures.training_lead_d

    def setup(self, context: Context) -> list[SetUp]:
        """The fee of everybody who goes, part of it paid by a donor where capacity is low."""
        m = context.world.parameters.measures
        going = sum(place < context.intensity * m.training_share for place in context.course_place.values())
        usd = going / len(context.world.countries) * m.training_course_usd
        return [SetUp(c.key, usd, (1.0 - c.tier01) * m.training_donor_share) for c in context.world.countries]

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day: who is absent, who comes back more skilled, what it costs."""
        m = context.world.parameters.measures
        going = context.intensity * m.training_share
        absence_d = int(m.training_absence_d)
        out = []
        for seat, place in context.course_place.items():
            if place >= going:
                continue
            week = int(place / max(going, 1e-12) / m.training_per_week)
            since = context.days - WEEK_D * week
            if 0 <= since < absence_d:
                out.append(Change("staff.absent", seat, "add", 1.0, self.name))
            elif since == absence_d:
                out.append(Change("staff.course_gain", seat, "add", m.training_gain, self.name))
        return out
