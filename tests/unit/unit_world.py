"""The fictional border, whole or as a model not yet begun, under overrides of its assumptions."""

from functools import cache

from experiments.compose import compose
from sim.consignments.numbers import Numbers
from sim.consignments.potential import Demand
from sim.model import BorderModel
from sim.settings.run import RunSettings
from sim.world.build import build_world
from sim.world.world import World


@cache
def settings_of(*assumptions: str) -> RunSettings:
    """Settings of a run there; each of `assumptions` is `section.name=value`."""
    words = ["world=two_countries", "scenario=baseline", "engine=simpy", "length=smoke"]
    return compose("run", [*words, *(f"assumptions.{a}" for a in assumptions)]).settings


@cache
def world_of(*assumptions: str) -> World:
    """The world under those assumptions."""
    settings = settings_of(*assumptions)
    return build_world(settings.world_name, settings.world, settings.assumptions)


def model_of(*assumptions: str) -> BorderModel:
    """A fresh model on its first day."""
    settings, numbers = settings_of(*assumptions), Numbers(1, 0)
    world = world_of(*assumptions)
    return BorderModel(world, settings, settings.scenarios["baseline"], Demand(world, numbers, 1).traders, numbers)
