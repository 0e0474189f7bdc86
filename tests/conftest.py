"""Settings of small worlds, composed from the shipped files as the commands do it."""

from collections.abc import Callable
from functools import cache

import pytest

from experiments.compose import compose
from sim.settings.run import RunSettings
from sim.world.build import build_world
from sim.world.world import World

SCENARIOS = ("baseline", "idle", "standardisation", "data_sharing", "training", "combined")
SettingsOf = Callable[..., RunSettings]


@cache
def _composed(command: str, overrides: tuple[str, ...]) -> RunSettings:
    return compose(command, list(overrides)).settings


@pytest.fixture(scope="session")
def settings_of() -> SettingsOf:
    """Settings of one scenario in a shipped world: `settings_of("known_mmc", "world.servers=5")`."""

    def of(world: str, *overrides: str) -> RunSettings:
        return _composed("run", (f"world={world}", *overrides))

    return of


@pytest.fixture(scope="session")
def comparison_of() -> SettingsOf:
    """Settings of all six shipped scenarios in a shipped world: `comparison_of("two_countries", "length=smoke")`."""

    def of(world: str, *overrides: str) -> RunSettings:
        scenarios = f"scenarios=[{','.join(SCENARIOS)}]"
        return _composed("compare", (f"world={world}", scenarios, *overrides))

    return of


@pytest.fixture(scope="session")
def hall(settings_of: SettingsOf) -> World:
    """The smallest shipped world (one post, one station), as a mould for worlds made by hand."""
    settings = settings_of("known_mmc")
    return build_world(settings.world_name, settings.world, settings.assumptions)
