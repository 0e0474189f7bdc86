"""Joint operations: for some weeks all countries look at the same profile at once, into each other's watchlists too."""

from sim.measures.change import Change
from sim.measures.context import Context, Measure


class JointOperation(Measure):
    """Every few months, for some weeks, more declarations go to red, those that score highest, and lists are pooled.

    The profile is what each country's own engine scores highest. While it lasts a country also looks into what its
    partners have found themselves, as far as each applies what was agreed and the identity is recognised.

    Price: officers who coordinate; the same examiners examine more, so lorries wait. Longer lists stop more namesakes,
    and who smuggles may wait until it is over, or go where nobody takes part.
    """

    name = "joint_operation"
    title = "Joint operations"
    mutual = True

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day: none between operations."""
        world, k = context.world, context.intensity
        m = world.parameters.measures
        if context.days % m.joint_operation_every_d >= m.joint_operation_d:
            return []
        recognised = world.parameters.intelligence.match_identifier_p
        rise = k * m.joint_operation_red_share
        out = [Change("selectivity.red_share", post.name, "add", rise, self.name) for post in world.posts]
        for sender in world.countries:
            shown = k * sender.domestication_share * recognised
            for receiver in world.countries:
                if sender is not receiver:
                    pair = f"{sender.key}>{receiver.key}"
                    out.append(Change("intelligence.pooled_share", pair, "max", shown, self.name))
            out.append(Change("costs.staff_h", sender.key, "add", k * m.joint_operation_h_per_day, self.name))
        return out
