"""Whole runs of shipped worlds under several engines, compared by their whole ledgers while agents learn."""

from collections.abc import Sequence
from dataclasses import dataclass

from sim.replication import advance, lock_step
from sim.settings.run import Length, RunSettings


@dataclass(frozen=True)
class Ledgers:
    """What a run leaves, per scenario: the digest of its ledger; and the legs of all, those unfinished at the end."""

    digests: dict[str, str]
    legs: int
    unfinished: int


def run_days(settings: RunSettings, engine: str, days: int) -> Ledgers:
    """Run all scenarios of the first replication for a number of days; measures start after a quarter of them."""
    past = days // 4
    length = Length(burn_in_days=past, window_days=days - past, cool_down_days=0)
    with lock_step(settings.model_copy(update={"engine": engine, "length": length}), 0) as (demand, models):
        for day in range(days):
            advance(day, demand, models.values())
        for model in models.values():
            model.finish()
        digests = {name: model.ledger.digest() for name, model in models.items()}
        admitted = sum(model.admitted for model in models.values())
        return Ledgers(digests, admitted, admitted - sum(model.closed for model in models.values()))


def unlike(runs: Sequence[Ledgers]) -> int:
    """Ledgers that differ from the one of the first run."""
    first, *others = runs
    return sum(other.digests[name] != digest for other in others for name, digest in first.digests.items())
