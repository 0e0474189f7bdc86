"""When a measure is decided, paid for and felt: lead time lies between decision and go-live."""

from dataclasses import dataclass

from sim.measures.context import Measure
from sim.settings.run import MeasureSettings
from sim.world.world import World


@dataclass(frozen=True)
class Schedule:
    """Days of a measure, counted from the policy day; the decision may lie before it.

    Attributes
    ----------
    decision : first day of the lead time, from which set-up is paid
    go_live : first day on which the measure acts and its running costs are paid
    """

    decision: int
    go_live: int

    @classmethod
    def of(cls, chosen: MeasureSettings, measure: Measure, world: World) -> "Schedule":
        """Days of a measure as a scenario begins it: with its go-live, or with the decision."""
        lead_d = round(measure.lead_d(world))
        if chosen.starts_with == "decision":
            return cls(chosen.from_day, chosen.from_day + lead_d)
        return cls(chosen.from_day - lead_d, chosen.from_day)

    def set_up_share(self, day: int) -> float:
        """Share of the set-up cost booked on a day.

        It is paid evenly from decision to go-live, without lead time on the day of go-live. What fell due before the
        policy day, where no scenario differs from another, is booked on the policy day: it is counted, and the common
        past stays common.
        """
        if day < 0:
            return 0.0
        if self.decision == self.go_live:
            return float(day == self.go_live)
        due = range(self.decision, self.go_live)
        booked = sum(1 for d in due if d <= 0) if day == 0 else int(day in due)
        return booked / len(due)
