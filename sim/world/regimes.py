"""Which regime a lorry is under, which process that regime takes at a post, and how often drawn outcomes happen."""

from collections.abc import Sequence
from dataclasses import dataclass

from sim.settings.errors import SettingsError
from sim.settings.process import Process, Stage, joined_stages
from sim.settings.world import REGIMES, BorderWorld, Regime
from sim.world.reference import did_you_mean
from sim.world.world import OutcomeShares

HOME_USE, EMPTY = REGIMES.index("home_use"), REGIMES.index("empty")


@dataclass(frozen=True)
class Procedures:
    """All entry processes of a world, the one of home use first.

    Attributes
    ----------
    processes : each different process once
    by_country : per country, position of the process of each regime in the order of `REGIMES`, -1 = none
    """

    processes: tuple[Process, ...]
    by_country: dict[str, tuple[int, ...]]

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Stages of all of them, one of each name."""
        return joined_stages(self.processes)


def procedures_of(settings: BorderWorld) -> Procedures:
    """Processes of every country and regime: the country's own, else the world's; the empty follow home use.

    Raises
    ------
    SettingsError
        If two processes share a stage name and not the desk.
    """
    processes = [settings.entry_process]
    by_country: dict[str, tuple[int, ...]] = {}
    for key in sorted(settings.countries):
        given = _processes_of(key, settings)
        positions = []
        for regime in REGIMES:
            process = given.get(regime)
            if process is not None and process not in processes:
                processes.append(process)
            positions.append(-1 if process is None else processes.index(process))
        by_country[key] = tuple(positions)
    try:
        joined_stages(processes)
    except ValueError as error:
        raise SettingsError(f"world: {error}") from error
    return Procedures(tuple(processes), by_country)


def _processes_of(country: str, settings: BorderWorld) -> dict[Regime, Process]:
    """Process of each regime at the entry side of a country, for those it has one."""
    given: dict[Regime, Process] = {"home_use": settings.entry_process, **settings.regime_processes}
    given |= settings.countries[country].processes
    for regime, other in settings.same_process.items():
        if other in given:
            given.setdefault(regime, given[other])
    given.setdefault("empty", given["home_use"])
    return given


def regime_shares(name: str, settings: BorderWorld) -> tuple[float, ...]:
    """Share of a post's lorries under each regime, in the order of `REGIMES`.

    Raises
    ------
    SettingsError
        If some have no process.
    """
    post = settings.posts[name]
    empty = settings.empty_share if post.empty_share is None else post.empty_share
    own = post.regime_shares is not None
    loaded = settings.regime_shares if post.regime_shares is None else post.regime_shares
    given = _processes_of(post.entry_country, settings)
    for regime, share in loaded.items():
        if share > 0 and regime not in given:
            where = f"world.posts.{name}.regime_shares" if own else "world.regime_shares"
            raise SettingsError(
                f"{where}.{regime}: {share:g}: {settings.posts[name].entry_country} has no process for the regime "
                f"{regime}; choose one as /process@regime_processes.{regime}, or give the regime 0"
            )
    rest = max(0.0, 1.0 - sum(loaded.values()))
    shares = {"home_use": (1.0 - empty) * rest, "empty": empty}
    shares |= {regime: (1.0 - empty) * share for regime, share in loaded.items()}
    return tuple(shares.get(regime, 0.0) for regime in REGIMES)


def outcome_shares(settings: BorderWorld, stages: Sequence[Stage]) -> tuple[OutcomeShares, ...]:
    """Shares of the outcomes of every stage with route `share`, from `shares` and from what is in force.

    Raises
    ------
    SettingsError
        If a stage or outcome is unknown, none or more than one outcome of a stage is left, or the shares exceed 1.
    """
    by_lot = {stage.name: stage for stage in stages if stage.route == "share"}
    given: dict[str, dict[str, float]] = {stage: dict(shares) for stage, shares in settings.shares.items()}
    for row in (row for row in settings.in_force if row.outcome):
        stage, _, outcome = row.outcome.partition(".")
        if stage not in by_lot or outcome not in by_lot[stage].outcomes:
            known = [f"{lot}.{o}" for lot in by_lot for o in by_lot[lot].outcomes]
            cure = did_you_mean(row.outcome, known) if known else "leave it out, and say in source where it shows"
            raise SettingsError(
                f"world.in_force.{row.measure}.outcome: {row.outcome}: no process draws such an outcome; {cure}"
            )
        if outcome in given.setdefault(stage, {}):
            raise SettingsError(
                f"world.shares.{stage}.{outcome}: is the effectiveness of {row.measure}, in force; remove it here"
            )
        given[stage][outcome] = row.effectiveness
    for stage, shares in given.items():
        if stage not in by_lot:
            raise SettingsError(f"world.shares.{stage}: no process has such a choice; {did_you_mean(stage, [*by_lot])}")
        for outcome in shares:
            if outcome not in by_lot[stage].outcomes:
                known = list(by_lot[stage].outcomes)
                raise SettingsError(f"world.shares.{stage}: {outcome} is no outcome; {did_you_mean(outcome, known)}")
    return tuple(_shares_of(stage, given.get(stage.name, {})) for stage in by_lot.values())


def _shares_of(stage: Stage, given: dict[str, float]) -> OutcomeShares:
    left = [outcome for outcome in stage.outcomes if outcome not in given]
    if len(left) != 1:
        raise SettingsError(
            f"world.shares.{stage.name}: give shares to all of {', '.join(stage.outcomes)} but one, which gets "
            f"the rest; given are {', '.join(given) or 'none'}"
        )
    rest = 1.0 - sum(given.values())
    if rest < -1e-9:
        raise SettingsError(
            f"world.shares.{stage.name}: {sum(given.values()):g}: parts of one whole must sum to 1 or less; lower one"
        )
    shares = tuple(given.get(outcome, max(rest, 0.0)) for outcome in stage.outcomes)
    return OutcomeShares(stage.name, stage.outcomes, shares, tuple(o for o in stage.outcomes if o in given))
