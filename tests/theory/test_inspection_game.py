"""The inspection game: where inspection is held fixed, attempts fall as the chance of being caught rises."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from theory_runs import SettingsOf

from sim.agents.smuggler import SmugglingOrganisation
from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand
from sim.model import BorderModel
from sim.settings.run import RunSettings
from sim.world.build import build_world
from sim.world.world import World

OCCASIONS = 3000
CERTAINTY = 1e6
"""Results an organisation has seen, so that its belief is the fixed chance itself."""
DETECTION = 0.85


@pytest.fixture(scope="module")
def border(settings_of: SettingsOf) -> tuple[RunSettings, World]:
    settings = settings_of("two_countries")
    return settings, build_world(settings.world_name, settings.world, settings.assumptions)


@pytest.fixture(scope="module")
def organisation(border: tuple[RunSettings, World]) -> Iterator[SmugglingOrganisation]:
    """An organisation that may try one post under one cover, or abstain."""
    yield from _organisation(*border)


@pytest.fixture(scope="module")
def travels_free(border: tuple[RunSettings, World]) -> Iterator[SmugglingOrganisation]:
    """The same where an attempt costs nothing but the risk."""
    settings, world = border
    p = world.parameters
    free = p.model_copy(update={"smugglers": p.smugglers.model_copy(update={"travel_per_gain": 0.0})})
    yield from _organisation(settings, replace(world, parameters=free))


def _organisation(settings: RunSettings, world: World) -> Iterator[SmugglingOrganisation]:
    numbers = Numbers(21, 0)
    traders = Demand(world, numbers, settings.tick_ms).traders
    model = BorderModel(world, settings, settings.scenarios["baseline"], traders, numbers)
    o = model.underworld.organisations[0]
    o.underworld.available[o.kind][:] = False
    o.underworld.available[o.kind][[0, o.underworld.abstain]] = True
    yield o
    model.release_memory()


def attempts(o: SmugglingOrganisation, caught_p: float) -> int:
    """Attempts in `OCCASIONS` fresh decisions of an organisation sure of the chance of being caught."""
    o.caught[:], o.passed[:] = caught_p * CERTAINTY, (1 - caught_p) * CERTAINTY
    tried = 0
    for day in range(OCCASIONS):
        o.arm, o.attraction = -1, o.expected()
        o.decide(day)
        tried += o.arm == 0
    return tried


def covers(tried: int, share: float) -> bool:
    """Whether the exact 99.9 % interval of a count covers a share."""
    found = stats.binomtest(tried, OCCASIONS).proportion_ci(0.999)
    return bool(found.low <= share <= found.high)


def tipping_point(o: SmugglingOrganisation) -> float:
    """Share inspected at which an attempt is worth nothing: (g - costs) / [d (g + F)], with g = 1."""
    p = o.underworld.world.parameters.smugglers
    return float((1 - o.underworld.cost[0]) / (DETECTION * (1 + p.loss_per_gain)))


def test_attempts_cross_one_half_where_gain_over_detection_times_stakes_says(
    travels_free: SmugglingOrganisation,
) -> None:
    p = travels_free.underworld.world.parameters.smugglers
    inspected = 1 / (DETECTION * (1 + p.loss_per_gain))
    assert tipping_point(travels_free) == pytest.approx(inspected) == pytest.approx(0.294, abs=5e-4)
    assert covers(attempts(travels_free, inspected * DETECTION), 0.5)
    assert not covers(attempts(travels_free, 0.9 * inspected * DETECTION), 0.5)
    assert not covers(attempts(travels_free, 1.1 * inspected * DETECTION), 0.5)


def test_costs_of_an_attempt_move_the_crossing_to_where_it_is_worth_nothing(
    organisation: SmugglingOrganisation, travels_free: SmugglingOrganisation
) -> None:
    inspected = tipping_point(organisation)
    assert inspected < tipping_point(travels_free)
    assert covers(attempts(organisation, inspected * DETECTION), 0.5)


@pytest.mark.parametrize("caught_p", [0.05, 0.15, 0.3, 0.45])
def test_attempts_at_any_fixed_inspection_are_the_logit_of_their_payoff(
    organisation: SmugglingOrganisation, caught_p: float
) -> None:
    p = organisation.underworld.world.parameters.smugglers
    payoff = (1 - caught_p) - p.loss_per_gain * caught_p - organisation.underworld.cost[0]
    assert covers(attempts(organisation, caught_p), 1 / (1 + np.exp(-p.lambda_per_gain * payoff)))


def test_smugglers_never_try_an_arm_that_is_closed_to_them(organisation: SmugglingOrganisation) -> None:
    organisation.caught[:], organisation.passed[:] = 1.0, CERTAINTY
    chosen = set()
    for day in range(200):
        organisation.arm, organisation.attraction = -1, organisation.expected()
        organisation.decide(day)
        chosen.add(organisation.arm)
    assert chosen <= {0, organisation.underworld.abstain}
