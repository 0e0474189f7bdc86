"""Published release target (TFA 7.6): the time within which lorries should be released is measured and published."""

from sim.measures.change import NEVER_H, Change
from sim.measures.context import Context, Measure


class ReleaseTarget(Measure):
    """Each post publishes the time its country of entry aims at; queries stop the clock.

    Traders believe in part what is published. Price: officers hurry a lorry that nears the deadline, and an examination
    not begun by then is dropped, so that less is found. At less than full strength the deadline is that much longer.
    """

    name = "release_target"
    title = "Published release target"
    at_entry = True
    by_post = True

    def changes(self, context: Context) -> list[Change]:
        """Changes of one day."""
        out = []
        for post in context.world.posts:
            target_h = context.world.countries[post.entry_country].release_target_h
            deadline_h = target_h / context.intensity if context.intensity > 0 else NEVER_H
            out.append(Change("release.deadline_h", post.name, "min", deadline_h, self.name))
        return out
