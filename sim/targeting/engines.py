"""Scoring declarations: `random`, `profiles` (fixed weights) and `learned` (from recorded findings). No truth here."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from sim.consignments.potential import FEATURES
from sim.settings.parameters import TargetingParameters
from sim.settings.run import TargetingSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Engine(Protocol):
    """Scores declared features; higher is riskier. Where it `learns`, it does so from results it is shown."""

    learns: bool

    def score(self, features: Floats, noise: Floats) -> Floats:
        """Scores of declarations: `features` (n, 6) as declared and on record, `noise` (n,) standard normal."""
        ...

    def learn(self, features: Floats, found: Ints, propensity: Floats) -> None:
        """Take in examined declarations: found or not, and the probability with which each was examined."""
        ...


class RandomEngine:
    """Scores that know nothing."""

    learns = False

    def score(self, features: Floats, noise: Floats) -> Floats:
        """The noise alone."""
        del features
        return noise

    def learn(self, features: Floats, found: Ints, propensity: Floats) -> None:
        """Nothing to learn."""


class ProfilesEngine:
    """A weighted sum of declared features, scaled to unit length, plus the engine's own error."""

    learns = False

    def __init__(self, weights: Floats, noise_sd: float) -> None:
        self.weights, self.length = weights, length_of(weights)
        self.noise_sd = noise_sd

    def score(self, features: Floats, noise: Floats) -> Floats:
        """Weighted features over the length of the weights, plus noise."""
        return np.asarray((features * self.weights).sum(axis=1) / self.length + self.noise_sd * noise)

    def learn(self, features: Floats, found: Ints, propensity: Floats) -> None:
        """Profiles do not learn."""


class LearnedEngine(ProfilesEngine):
    """Online logistic regression on examined declarations, from the profiles as prior.

    Each result counts with the inverse of its examination probability (capped), so that what is learned speaks of
    all declarations and not of those the old weights liked.
    """

    learns = True

    def __init__(self, weights: Floats, noise_sd: float, prior_share: float, rate: float, cap: float) -> None:
        super().__init__(weights.copy(), noise_sd)
        self.intercept = float(logit(prior_share))
        self.rate = rate
        self.cap = cap

    def learn(self, features: Floats, found: Ints, propensity: Floats) -> None:
        """One gradient step over the day's results (fixed-order sums)."""
        if not len(found):
            return
        weight = np.minimum(1.0 / np.maximum(propensity, 1e-9), self.cap)
        weight = weight / weight.mean()
        expected = expit(self.intercept + (features * self.weights).sum(axis=1))
        error = weight * (found - expected)
        self.weights = self.weights + self.rate * (error[:, None] * features).mean(axis=0)
        self.length = length_of(self.weights)
        self.intercept += self.rate * float(error.mean())


def length_of(weights: Floats) -> float:
    """Euclidean length of weights, never quite zero."""
    return max(float(np.sqrt((weights**2).sum())), 1e-12)


def engine_of(settings: TargetingSettings, p: TargetingParameters) -> Engine:
    """A fresh engine as set in the settings; weights follow the order of `FEATURES`."""
    weights = np.array([settings.weights[name] for name in FEATURES])
    if settings.engine == "random":
        return RandomEngine()
    if settings.engine == "profiles":
        return ProfilesEngine(weights, p.noise_sd)
    return LearnedEngine(weights, p.noise_sd, p.prior_offence_share, p.learning_rate, p.weight_cap)
