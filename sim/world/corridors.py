"""Corridors: posts that some lorries cross one after the other, checked against the map and against their volumes."""

from collections.abc import Sequence
from itertools import pairwise
from typing import get_args

from sim.settings.errors import SettingsError
from sim.settings.world import REGIMES, BorderWorld, CorridorSettings, ThroughRegime
from sim.world.reference import did_you_mean
from sim.world.world import Corridor, Post


def corridors_of(settings: BorderWorld, posts: Sequence[Post]) -> tuple[Corridor, ...]:
    """Corridors of a world, sorted by name.

    Parameters
    ----------
    settings : BorderWorld
    posts : sequence of Post
        The world's posts in their sorted order, with volumes and regimes.

    Raises
    ------
    SettingsError
        If one names an unknown post, does not connect, comes back to a country, has not one drive between any two
        posts, or if together they take more lorries than a post sees.
    """
    number = {post.name: k for k, post in enumerate(posts)}
    given = sorted(settings.corridors.items())
    corridors = tuple(_corridor(name, corridor, settings, number) for name, corridor in given)
    _fit_volumes(corridors, posts)
    return corridors


def _corridor(name: str, given: CorridorSettings, settings: BorderWorld, number: dict[str, int]) -> Corridor:
    where = f"world.corridors.{name}"
    for post in given.posts:
        if post not in number:
            raise SettingsError(f"{where}.posts: {post} is no post of this world; {did_you_mean(post, [*number])}")
    if len(given.posts) < 2:
        named = ", ".join(given.posts) or "none"
        raise SettingsError(f"{where}.posts: {named}: a corridor crosses two posts or more; add the next one")
    if not given.regimes:
        known = ", ".join(get_args(ThroughRegime))
        raise SettingsError(f"{where}.regimes: none: somebody must go the whole way; give one or more of {known}")
    _leads_on(where, given.posts, settings)
    share_of = given.posts[0] if given.share_of is None else given.share_of
    if share_of not in given.posts:
        cure = did_you_mean(share_of, list(given.posts))
        raise SettingsError(f"{where}.share_of: {share_of} is no post of this corridor; {cure}")
    if len(given.drives) != len(given.posts) - 1:
        raise SettingsError(
            f"{where}.drives: {len(given.drives)} for {len(given.posts)} posts; give one between any two posts, "
            f"{len(given.posts) - 1} in all"
        )
    return Corridor(
        name=name,
        posts=tuple(number[post] for post in given.posts),
        regimes=tuple(sorted({REGIMES.index(regime) for regime in given.regimes})),
        share=given.share,
        share_of=number[share_of],
        drives=given.drives,
    )


def _leads_on(where: str, names: Sequence[str], settings: BorderWorld) -> None:
    """Every post leaves the country the one before has led into, and none leads back."""
    for one, other in pairwise(names):
        entered, left = settings.posts[one].entry_country, settings.posts[other].exit_country
        if entered != left:
            fitting = sorted(n for n, post in settings.posts.items() if post.exit_country == entered)
            raise SettingsError(
                f"{where}.posts: {one} leads into {entered} and {other} leaves {left}; a corridor goes on from the "
                f"country it has entered: take one of {', '.join(fitting) or 'no post'}"
            )
    seen = [settings.posts[names[0]].exit_country]
    for name in names:
        country = settings.posts[name].entry_country
        if country in seen:
            raise SettingsError(
                f"{where}.posts: {name} leads back into {country}; a corridor enters no country twice: end it before"
            )
        seen.append(country)


def _fit_volumes(corridors: Sequence[Corridor], posts: Sequence[Post]) -> None:
    """At every post and under every regime, lorries of all corridors are at most those there are."""
    taken: dict[tuple[int, int], float] = {}
    for corridor in corridors:
        for regime in corridor.regimes:
            through = corridor.share * _per_day(posts[corridor.share_of], regime)
            for post in corridor.posts:
                room = _per_day(posts[post], regime) - taken.get((post, regime), 0.0)
                if through > room * (1 + 1e-9) + 1e-9:
                    share, under = corridor.share, REGIMES[regime]
                    fits = int(1000.0 * share * max(room, 0.0) / through) / 1000.0
                    lower = f"give {fits:g} or less, or " if fits else ""
                    raise SettingsError(
                        f"world.corridors.{corridor.name}.share: {share:g}: sends {through:.1f} lorries a day under "
                        f"{under} through {posts[post].name}, which sees {max(room, 0.0):.1f} that no corridor before "
                        f"it takes; {lower}leave {under} out of its regimes"
                    )
                taken[post, regime] = taken.get((post, regime), 0.0) + through


def _per_day(post: Post, regime: int) -> float:
    return post.per_day * post.regime_shares[regime]
