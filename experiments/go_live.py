"""Which measures act only after the last day that is measured, so that nothing of them can be seen."""

from sim.measures.registry import planned
from sim.settings.run import RunSettings
from sim.world.world import World


def too_late(settings: RunSettings, world: World) -> list[str]:
    """A sentence for each measure whose lead time ends after the last window.

    Parameters
    ----------
    settings : RunSettings
        Scenarios, and the windows that are measured.
    world : World
        On which lead times depend.
    """
    last = settings.length.measured_until - settings.length.policy_day
    return [
        f"{scenario.title}: {plan.name} acts from day {plan.schedule.go_live + 1}, after day {last}, the last measured."
        for scenario in settings.scenarios.values()
        for plan in planned(scenario, world)
        if plan.chosen.intensity > 0 and plan.schedule.go_live >= last
    ]
