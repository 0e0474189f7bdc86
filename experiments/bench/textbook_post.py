"""The simple post as a first course in SimPy would write it: a process per lorry, a `PriorityResource` per stage.

At night, processes of higher priority hold the officers: that is how textbooks close a resource. Durations come from
the same rules as everybody's; what is compared is how the tools move lorries.
"""

from collections.abc import Generator
from typing import Any

import simpy

from experiments.bench.simple_post import CLOSES_MS, OPENS_MS, RED_SHARE, YELLOW_SHARE, SimplePosts
from sim.posts import rules
from sim.posts.legs import NewLegs
from sim.world.world import DAY_MS

Walk = Generator[Any, Any, None]
CLOSED = -1
"""Priority of the closing, before that of both lanes (0 and 1)."""


def service_ms(minutes: float, now_ms: int, loss_per_h: float) -> int:
    """Duration of a service that starts now, by an officer who came at opening time, ms."""
    hours = rules.hours_on_task(now_ms, now_ms // DAY_MS * DAY_MS + OPENS_MS)
    return rules.to_ticks(rules.service_min(minutes, 1.0, 0.0, 1.0, rules.pace(1.0, hours, loss_per_h)), 1)


class TextbookPost:
    """Simple posts in one SimPy environment; `released_ms` by lorry."""

    def __init__(self, posts: SimplePosts) -> None:
        self.env = simpy.Environment()
        self.loss = posts.constants.pace_loss_per_h
        self.stages: dict[str, list[simpy.PriorityResource]] = {
            name: [simpy.PriorityResource(self.env, count) for _ in range(posts.posts)]
            for name, count in posts.officers.items()
        }
        for resources in self.stages.values():
            for resource in resources:
                self.env.process(self.nights(resource))
        self.released_ms: dict[int, int] = {}

    def admit(self, legs: NewLegs) -> None:
        """Start the processes of a day's lorries."""
        names = ("id", "desk", "lane", "goods_at", "u_control", "exam_min")
        columns = [legs[name].tolist() for name in names]
        for row, minutes in zip(zip(*columns, strict=True), legs.minutes.tolist(), strict=True):
            self.env.process(self.lorry(*row, *minutes[:2]))

    def nights(self, resource: simpy.PriorityResource) -> Walk:
        """Hold every officer from closing to opening; work in hand is finished first."""
        closed_for = OPENS_MS
        while True:
            held = [resource.request(priority=CLOSED) for _ in range(resource.capacity)]
            yield self.env.timeout(closed_for)
            for request in held:
                if request.triggered:
                    resource.release(request)
                else:
                    request.cancel()
            yield self.env.timeout(CLOSES_MS - OPENS_MS)
            closed_for = DAY_MS - CLOSES_MS + OPENS_MS

    def lorry(
        self, number: int, desk: int, lane: int, at_ms: int, u: float, exam: float, gate: float, review: float
    ) -> Walk:
        """A lorry from the queue to the open barrier."""
        yield self.env.timeout(at_ms - self.env.now)
        yield from self.served("gate", desk, lane, gate)
        if u < RED_SHARE:
            yield from self.served("examination", desk, lane, exam)
        elif u < RED_SHARE + YELLOW_SHARE:
            yield from self.served("review", desk, lane, review)
        self.released_ms[number] = self.env.now

    def served(self, stage: str, desk: int, lane: int, minutes: float) -> Walk:
        """Wait for an officer and be served."""
        with self.stages[stage][desk // 2].request(priority=lane) as request:
            yield request
            yield self.env.timeout(service_ms(minutes, self.env.now, self.loss))
