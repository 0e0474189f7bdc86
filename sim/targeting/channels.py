"""How many declarations each channel takes: random shares and score thresholds from trailing scores and backlog."""

from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sim.settings.parameters import SelectivityParameters
from sim.targeting.trailing import TrailingScores

Floats = NDArray[np.float64]
NEVER = 1e9


class Thresholds(NamedTuple):
    """What a desk works with today; thresholds per lane (0 authorised operators, 1 others)."""

    random_red: float
    random_yellow: float
    red_at: tuple[float, float]
    yellow_at: tuple[float, float]


class ChannelPolicy:
    """Thresholds of one desk, set at midnight from the past alone (today's batch is never looked at).

    Parameters
    ----------
    policy : str
        `fixed_rate`; `capacity_aware` (cuts scored reds back when examinations pile up, and makes room for watchlist
        reds); `blanket` (everything red); `blind` (random draws only).
    red_share, yellow_share : float
        Target shares of declarations.
    """

    def __init__(self, policy: str, red_share: float, yellow_share: float, p: SelectivityParameters) -> None:
        self.policy, self.red_share, self.yellow_share, self.p = policy, red_share, yellow_share, p
        self.scores = TrailingScores(int(p.trailing_days))
        self.watch_share: deque[float] = deque(maxlen=int(p.trailing_days))

    def observe(self, scores: Floats, watch_reds: int) -> None:
        """Take in yesterday's selected declarations: their scores and how many the watchlist sent to red."""
        if len(scores):
            self.scores.add(scores)
            self.watch_share.append(watch_reds / len(scores))

    def thresholds(self, backlog_h: float) -> Thresholds:
        """Today's thresholds, given the hours of examination work that waited at midnight."""
        if self.policy == "blind":
            return Thresholds(self.red_share, 0.0, (NEVER, NEVER), (NEVER, NEVER))
        if self.policy == "blanket":
            return Thresholds(1.0, 0.0, (NEVER, NEVER), (NEVER, NEVER))
        red, yellow = self.red_share, self.yellow_share
        scored_red = red * (1.0 - self.p.random_share)
        if self.policy == "capacity_aware":
            days = len(self.watch_share)
            watched = float(np.fromiter(self.watch_share, np.float64, days).sum() / days) if days else 0.0
            scored_red = max(0.0, scored_red - watched)
            if backlog_h > self.p.backlog_h:
                scored_red *= self.p.backlog_h / backlog_h
        scored_yellow = yellow * (1.0 - self.p.random_share)
        red_at, yellow_at = self._scores_at([scored_red, scored_red + scored_yellow])
        credit = self.p.aeo_credit
        return Thresholds(
            random_red=red * self.p.random_share,
            random_yellow=yellow * self.p.random_share,
            red_at=(red_at + credit, red_at),
            yellow_at=(yellow_at + credit, yellow_at),
        )

    def _scores_at(self, shares: list[float]) -> list[float]:
        """Scores that these shares of declarations exceeded lately; a standard normal's before there is a past."""
        if max(shares) <= 0.0:  # a desk that selects nobody, as where goods leave
            return [NEVER for _ in shares]
        if len(self.scores):
            found = self.scores.lain_above_by(shares)
        else:
            found = [float(ndtri(max(1.0 - share, 1e-12))) for share in shares]
        return [score if share > 0 else NEVER for score, share in zip(found, shares, strict=True)]
