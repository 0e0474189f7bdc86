"""The simple post in Ciw: priority classes, server schedules, routing and durations by lorry."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from experiments.bench.simple_post import CLOSES_MS, OPENS_MS, RED_SHARE, YELLOW_SHARE, SimplePosts
from experiments.bench.textbook_post import service_ms
from sim.posts.tables import Ints
from sim.world.world import DAY_MS

STAGES = ("gate", "review", "examination")
LANES = ("trusted", "ordinary")


def available() -> bool:
    """Whether Ciw is installed."""
    try:
        import ciw  # noqa: F401
    except ImportError:
        return False
    return True


class CiwPosts:
    """All posts as one Ciw network: node 3 x post + stage."""

    def __init__(self, posts: SimplePosts) -> None:
        import ciw

        self.posts, self.loss = posts, posts.constants.pace_loss_per_h
        legs = posts.arrivals
        self.table = {
            name: np.concatenate([day[name] for day in legs]).tolist()
            for name in ("id", "desk", "lane", "goods_at", "u_control", "exam_min", "minutes")
        }
        waiting: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for row, (desk, lane) in enumerate(zip(self.table["desk"], self.table["lane"], strict=True)):
            waiting[desk // 2, lane].append(row)
        ciw.seed(0)
        self.simulation = ciw.Simulation(self._network(ciw, waiting))

    def run(self) -> None:
        """All days, to the end."""
        self.simulation.simulate_until_max_time(float(self.posts.all_days * DAY_MS))

    def releases(self) -> Ints:
        """Moments of release in order of lorry, -1 = not released."""
        released = np.full(len(self.table["id"]), -1, np.int64)
        for lorry in self.simulation.nodes[-1].all_individuals:
            released[lorry.row] = int(lorry.data_records[-1].exit_date)
        return released

    def _network(self, ciw: Any, waiting: dict[tuple[int, int], list[int]]) -> Any:
        posts, table, loss = self.posts, self.table, self.loss
        rows: dict[tuple[int, int], Iterator[int]] = {key: iter(found) for key, found in waiting.items()}

        class Duration(ciw.dists.Distribution):  # type: ignore[misc]
            def __init__(self, stage: int, post: int) -> None:
                self.stage, self.post = stage, post

            def sample(self, t: float | None = None, ind: Any = None) -> int:
                if self.stage == 0:  # within a lane the order of service is that of arrival
                    ind.row = next(rows[self.post, LANES.index(ind.customer_class)])
                minutes = table["exam_min"][ind.row] if self.stage == 2 else table["minutes"][ind.row][self.stage]
                return service_ms(minutes, int(t or 0), loss)

        class Channel(ciw.routing.NodeRouting):  # type: ignore[misc]
            def next_node(self, ind: Any) -> Any:
                u, gate = table["u_control"][ind.row], self.node.id_number
                red = u < RED_SHARE
                if u >= RED_SHARE + YELLOW_SHARE:
                    return self.simulation.nodes[-1]
                return self.simulation.nodes[gate + (2 if red else 1)]

        def gaps(post: int, lane: int) -> Any:
            at = [0, *(table["goods_at"][row] for row in waiting[post, lane])]
            after = posts.all_days * DAY_MS * 2
            return ciw.dists.Sequential([*(b - a for a, b in pairwise(at)), after])

        def schedule(count: int) -> Any:
            return ciw.Schedule(numbers_of_servers=[0, count, 0], shift_end_dates=[OPENS_MS, CLOSES_MS, DAY_MS])

        nodes = [(post, stage) for post in range(posts.posts) for stage in range(len(STAGES))]
        nothing = ciw.routing.Leave
        return ciw.create_network(
            arrival_distributions={
                name: [gaps(post, lane) if stage == 0 else None for post, stage in nodes]
                for lane, name in enumerate(LANES)
            },
            service_distributions={name: [Duration(stage, post) for post, stage in nodes] for name in LANES},
            number_of_servers=[schedule(posts.officers[STAGES[stage]]) for _, stage in nodes],
            routing={
                name: ciw.routing.NetworkRouting(routers=[Channel() if stage == 0 else nothing() for _, stage in nodes])
                for name in LANES
            },
            priority_classes={name: lane for lane, name in enumerate(LANES)},
        )
