"""Who is affected: traders by size and status, borders by tier of capacity and by country."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.consignments.potential import Traders
from sim.world.world import World

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Row = dict[str, Any]
LANES = ("ordinary", "aeo")
SIZES = ("small", "medium", "large")
AEO_GAPS = {"clearance_mean_h": "aeo_gap_h", "cost_per_journey_usd": "aeo_gap_usd"}
"""Indicators of which the gap between authorised and ordinary traders is told, and the gap's name."""


def trader_sizes(traders: Traders) -> Ints:
    """Size of each trader, as its place in `SIZES`.

    The largest, who together carry the first third of their home post's journeys, are large; those of the next third
    medium. A trader that straddles a limit counts as the larger.
    """
    carried = np.concatenate(
        [
            np.cumsum(traders.share[a:b]) - traders.share[a:b]
            for a, b in zip(traders.first[:-1], traders.first[1:], strict=True)
        ]
    )
    return np.asarray(2 - np.minimum((3.0 * carried).astype(np.int64), 2))


class Margins:
    """Sums by everybody, post, lane and trader size at once: rows are counted into joint cells, cells into groups.

    Parameters
    ----------
    posts : names of the posts
    traders : the replication's traders

    Attributes
    ----------
    groups : what `totals` are of
    """

    def __init__(self, posts: Sequence[str], traders: Traders) -> None:
        self.size = trader_sizes(traders)
        self.cells = len(posts) * len(LANES) * len(SIZES)
        axes = np.unravel_index(np.arange(self.cells), (len(posts), len(LANES), len(SIZES)))
        kinds = ((f"post={p}" for p in posts), (f"lane={x}" for x in LANES), (f"trader_size={x}" for x in SIZES))
        self.groups = ["all", *(name for names in kinds for name in names)]
        members = [np.eye(count)[axis] for count, axis in zip((len(posts), len(LANES), len(SIZES)), axes, strict=True)]
        self._members = np.hstack([np.ones((self.cells, 1)), *members])

    def cell(self, post: Ints, trader: Ints, aeo: Bools) -> Ints:
        """Joint cell of journeys; `aeo` says whose trader was authorised when they were planned."""
        return np.asarray((post * len(LANES) + aeo) * len(SIZES) + self.size[trader])

    def totals(self, *sums: NDArray[Any]) -> list[list[float]]:
        """Sums by cell, added up to sums by group."""
        added: list[list[float]] = (np.stack(sums) @ self._members).tolist()
        return added


def places_of(world: World) -> dict[str, tuple[str, ...]]:
    """By post, the groups it belongs to: capacity tier and country of its entry side."""
    at = {post.name: world.countries[post.entry_country] for post in world.posts}
    return {name: (f"tier={country.tier}", f"country={country.key}") for name, country in at.items()}


def place_rows(rows: Collection[Row], places: Mapping[str, Collection[str]]) -> list[Row]:
    """Rows of posts added up by tier and country; a place that is the whole world is left out."""
    wanted = {place for groups in places.values() for place in groups}
    wanted -= {place for place in wanted if all(place in groups for groups in places.values())}
    found: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        kind, _, post = row["group"].partition("=")
        if kind != "post":
            continue
        for place in wanted.intersection(places.get(post, ())):
            key = (row["indicator"], row["period"], place)
            if key not in found:
                found[key] = row | {"group": place}
                continue
            found[key]["numerator"] += row["numerator"]
            if not row["unit"].endswith("per day"):  # of a flow, all posts have the same days
                found[key]["denominator"] += row["denominator"]
    return list(found.values())


def gap_rows(rows: Collection[Row]) -> list[Row]:
    """Mean of authorised less mean of ordinary traders, of each period; not defined where either has no journey."""
    lanes = {(r["indicator"], r["period"], r["group"]): r for r in rows if r["indicator"] in AEO_GAPS}
    found = []
    for (indicator, period, group), aeo in lanes.items():
        if group == "lane=aeo":
            ordinary = lanes[indicator, period, "lane=ordinary"]
            defined = aeo["denominator"] > 0 and ordinary["denominator"] > 0
            gap = 0.0
            if defined:
                gap = aeo["numerator"] / aeo["denominator"] - ordinary["numerator"] / ordinary["denominator"]
            name = AEO_GAPS[indicator]
            found.append(
                aeo
                | {"indicator": name, "group": "all", "numerator": gap, "denominator": float(defined), "shape": "value"}
            )
    return found
