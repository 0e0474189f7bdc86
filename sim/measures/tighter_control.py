"""Tighter control: more declarations are sent to red, at every post or at some."""

from sim.measures.change import Change
from sim.measures.context import Context, Measure, SetUp


class TighterControl(Measure):
    """The share of red declarations rises to a target where it is below.

    Price: the same officers examine more, so lorries wait and examiners hurry; where other posts stay as they were,
    traders and smugglers may move there.
    """

    name = "tighter_control"
    title = "Tighter control: more red declarations"
    by_post = True

    def setup(self, context: Context) -> list[SetUp]:
        """None: it is done by those who are there."""
        del context
        return []

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day."""
        target, out = context.world.parameters.measures.tighter_control_red_share, []
        for post in context.world.posts:
            rise = context.intensity * max(0.0, target - context.world.countries[post.entry_country].red_share)
            out.append(Change("selectivity.red_share", post.name, "add", rise, self.name))
        return out
