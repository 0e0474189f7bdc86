"""The stages of any declared process as textbook SimPy: one process per token, one `PriorityResource` per pool.

No rosters, no identified officers, no keyed ties, no pressure: what a first course would write. It serves as the
yardstick for speed and for nothing else.
"""

from collections.abc import Generator
from typing import Any

import simpy

from sim.posts import process, rules
from sim.posts.constants import Constants
from sim.posts.legs import NewLegs
from sim.posts.process import Network

RED, YELLOW = 0.02, 0.05
"""Shares of all legs."""
READ = (
    "desk", "lane", "paper_at", "goods_at", "paper_node", "goods_node", "office", "u_control", "scan", "agency",
    "minutes", "exam_min", "follower", "transit_ms",
)  # fmt: skip


class TextbookPosts:
    """All posts with constant capacities, driven by the same legs as the engines."""

    def __init__(self, network: Network, constants: Constants) -> None:
        self.env = simpy.Environment()
        self.constants = constants
        self.pools = [simpy.PriorityResource(self.env, max(1, int(n))) for n in network.pool.units]
        node, station = network.node, network.station
        self.to, self.kind, self.route = node.to.tolist(), node.kind.tolist(), node.route.tolist()
        self.station, self.station_pools = node.station.tolist(), station.pools.tolist()
        self.work, self.column = node.work.tolist(), node.column.tolist()
        self.released = 0

    def admit(self, new: NewLegs) -> None:
        """Start the processes of a day's legs."""
        columns = [new[name].tolist() for name in READ]
        rows = [dict(zip(READ, values, strict=True)) for values in zip(*columns, strict=True)]
        for row in rows:
            row["papers"], row["channel"] = self.env.event(), 0
            if row["paper_at"] >= 0:
                self.env.process(self.papers(row))
            else:
                row["papers"].succeed()
            if row["goods_at"] >= 0:
                self.env.process(self.lorry(row, row["goods_at"], rows))

    def papers(self, leg: dict[str, Any]) -> Generator[Any, Any, None]:
        """A leg's papers."""
        yield self.env.timeout(leg["paper_at"] - self.env.now)
        node = leg["paper_node"]
        while node >= 0:
            outcome = yield from self.visit(leg, node)
            node = self.to[node][outcome]
        leg["papers"].succeed()

    def lorry(self, leg: dict[str, Any], at_ms: int, legs: list[dict[str, Any]]) -> Generator[Any, Any, None]:
        """A leg's lorry."""
        yield self.env.timeout(at_ms - self.env.now)
        node = leg["goods_node"]
        while node >= 0:
            outcome = yield from self.visit(leg, node)
            node = self.to[node][outcome]
        self.released += 1
        if leg["follower"] >= 0:
            onward = legs[leg["follower"]]
            self.env.process(self.lorry(onward, self.env.now + leg["transit_ms"], legs))

    def visit(self, leg: dict[str, Any], node: int) -> Generator[Any, Any, int]:
        """Pass one stage: request, wait, serve, release."""
        kind = self.kind[node]
        if kind == process.SERVED:
            station = self.station[node] if self.station[node] >= 0 else leg["office"]
            pools = [self.pools[p] for p in self.station_pools[station] if p >= 0]
            requests = [pool.request(priority=leg["lane"]) for pool in pools]
            for request in requests:
                yield request
            yield self.env.timeout(self.duration(leg, node))
            for pool, request in zip(pools, requests, strict=True):
                pool.release(request)
        elif kind == process.DELAY:
            yield self.env.timeout(self.duration(leg, node))
        elif kind == process.JOIN:
            yield leg["papers"]
        return self.outcome(leg, node)

    def duration(self, leg: dict[str, Any], node: int) -> int:
        """Nominal duration of a stage, ms."""
        minutes = leg["exam_min"] if self.work[node] == process.EXAMINATION else leg["minutes"][self.column[node]]
        return rules.to_ticks(minutes, self.constants.tick_ms)

    def outcome(self, leg: dict[str, Any], node: int) -> int:
        """Where a leg goes next: some red, some yellow, no queries, no finds."""
        route = self.route[node]
        if route == process.CHANNEL:
            u = leg["u_control"]
            leg["channel"] = 2 if u < RED else 1 if u < RED + YELLOW else 0
            return int(leg["channel"])
        if route == process.CONTROL:
            return 1 if leg["scan"] else 2 if leg["channel"] == 2 else 0
        if route == process.IMAGE:
            return 1 if leg["channel"] == 2 else 0
        if route == process.SHARE:
            return int(leg["minutes"][self.column[node]])
        return int(route == process.AGENCY and leg["agency"])
