"""What the models share: fit by maximum likelihood, parameters with errors, expected and discounted purchases."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError, EstimationError, NotFittedError
from netlift.profiles.value.histories import Groups, Histories
from netlift.profiles.value.likelihood import curvature, maximise, settle

Floats = NDArray[np.float64]


class LikelihoodModel(ABC):
    """Positive parameters, found where the data are most likely.

    Learned by `fit`:

    - `parameters_`: by name;
    - `standard_errors_`: of the parameters, from the inverse Hessian by the delta method;
    - `covariance_`: of the parameters in the order of `names`, shape (k, k);
    - `log_likelihood_`: at the maximum;
    - `n_customers_`: how many customers entered.
    """

    names: ClassVar[tuple[str, ...]]
    """The parameters, in order."""

    parameters_: Mapping[str, float]
    standard_errors_: Mapping[str, float]
    covariance_: Floats
    log_likelihood_: float
    n_customers_: int

    @classmethod
    def of(cls, **parameters: float) -> Self:
        """A model whose parameters are known: from an earlier fit, or from the literature. It has no errors.

        Raises:
            ConfigError: a parameter is missing, unknown, or not above 0.
        """
        if set(parameters) != set(cls.names) or not all(value > 0 for value in parameters.values()):
            raise ConfigError(f"{cls.__name__} needs {', '.join(cls.names)}, all above 0; got {parameters}")
        model = cls()
        model.parameters_ = MappingProxyType({name: float(parameters[name]) for name in cls.names})
        return model

    def refit(self, groups: Groups, counts: Floats) -> Self:
        """A model fitted to the same distinct rows with other counts, such as a resample of the customers.

        The search starts at this fit and keeps its Hessian, so it costs a few evaluations of the likelihood. The
        result has parameters, but no errors.

        Args:
            groups: the distinct rows on which this model was fitted.
            counts: customers with each of them, shape (g,); zeros are allowed.
        """
        theta = np.log(self._values())
        if self._hessian is None:
            self._hessian = curvature(self._density, groups.rows, groups.counts, theta)
        found = np.exp(settle(self._density, groups.rows, counts, theta, self._hessian))
        return self.of(**dict(zip(self.names, found.tolist(), strict=True)))

    _hessian: Floats | None = None

    @abstractmethod
    def _density(self, theta: Floats, rows: Floats) -> tuple[Floats, Floats]:
        """Log density of each distinct row under log parameters (g,), and its gradient in them (g, k)."""

    def _maximise(self, groups: Groups, starts: Sequence[Sequence[float]]) -> None:
        """Learn from grouped rows; `starts` are parameters from which to search."""
        found = maximise(self._density, groups.rows, groups.counts, [np.log(start) for start in starts])
        values = np.exp(found.theta)
        self.parameters_ = MappingProxyType(dict(zip(self.names, values.tolist(), strict=True)))
        self.covariance_ = found.covariance * np.outer(values, values)
        errors = np.sqrt(np.diag(self.covariance_)).tolist()
        self.standard_errors_ = MappingProxyType(dict(zip(self.names, errors, strict=True)))
        self.log_likelihood_, self.n_customers_ = found.value, len(groups.place)
        self._hessian = None

    def _values(self) -> Floats:
        if not hasattr(self, "parameters_"):
            raise NotFittedError(f"{type(self).__name__} has no parameters yet: call fit first")
        return np.array([self.parameters_[name] for name in self.names])


class PurchaseModel(LikelihoodModel):
    """A model of when customers buy and when they leave for good; it counts repeat purchases only."""

    def fit(self, histories: Histories) -> Self:
        """Find the parameters under which these histories are most likely.

        Raises:
            EstimationError: nobody bought twice, or the likelihood has no highest point.
        """
        if not np.any(histories.frequency > 0):
            raise EstimationError(
                f"all {len(histories)} customers bought once: without a repeat purchase nothing tells how often they "
                "buy; use a longer history"
            )
        age = float(histories.age.mean())
        self._maximise(histories.groups, self._starts(float(histories.frequency.mean()) / age, age))
        return self

    def p_alive(self, histories: Histories) -> Floats:
        """Probability that a customer has not left by the date, shape (n,).

        Raises:
            NotFittedError: the model has no parameters.
        """
        groups = histories.groups
        return self._alive(self._values(), groups.rows)[groups.place]

    def expected_purchases(self, histories: Histories, horizon: float) -> Floats:
        """Purchases expected within `horizon` after the date, given the history, shape (n,).

        Args:
            histories: as of the date.
            horizon: in units of the histories, >= 0.

        Raises:
            ConfigError: the horizon is negative.
            NotFittedError: the model has no parameters.
        """
        return self.weighted_purchases(histories, np.array([horizon]), np.ones(1))

    def discounted_purchases(self, histories: Histories, *, months: int, monthly_rate: float) -> Floats:
        """Purchases expected in each of the coming months, each discounted from its end, and summed, shape (n,).

        `sum over i = 1 ... months of (E[Y(i)] - E[Y(i - 1)]) / (1 + monthly_rate)^i`, a month being a twelfth of
        a year.

        Raises:
            ConfigError: fewer than one month, or a rate of -1 or less.
        """
        if months < 1 or not monthly_rate > -1:
            raise ConfigError(f"months must be at least 1 and the rate above -1, got {months} and {monthly_rate}")
        factors = (1 + monthly_rate) ** -np.arange(1.0, months + 1)
        # E[Y(i)] enters month i, and leaves month i + 1
        return self.weighted_purchases(
            histories, histories.month * np.arange(1.0, months + 1), factors - np.append(factors[1:], 0.0)
        )

    def weighted_purchases(self, histories: Histories, horizons: Floats, weights: Floats) -> Floats:
        """`sum over h of weights[h] * E[Y(horizons[h])]` for each customer, shape (n,)."""
        if np.any(horizons < 0) or not np.all(np.isfinite(horizons)):
            raise ConfigError(f"a horizon must be finite and not negative, got {horizons.min()}")
        values, groups = self._values(), histories.groups
        # once the customer is known to be active, the time of the last purchase says nothing more
        active = Groups.of(groups.rows[:, 0], groups.rows[:, 2])
        future = self._if_alive(values, active.rows[:, 0], active.rows[:, 1], horizons, weights)
        found: Floats = (self._alive(values, groups.rows) * future[active.place])[groups.place]
        return found

    def draw_purchases(self, histories: Histories, horizon: float, rng: np.random.Generator) -> Floats:
        """One possible future of each customer: purchases within `horizon` after the date, shape (n,).

        Drawn from the posterior: active or not, then rate and departure of that customer, then the purchases.
        """
        values = self._values()
        active = rng.random(len(histories)) < self.p_alive(histories)
        found = np.zeros(len(histories))
        found[active] = self._draw(values, histories.frequency[active], histories.age[active], horizon, rng)
        return found

    @abstractmethod
    def _starts(self, rate: float, age: float) -> list[tuple[float, ...]]:
        """Parameters from which to search, for a mean purchase rate and a mean age."""

    @abstractmethod
    def _alive(self, values: Floats, rows: Floats) -> Floats:
        """Probability of being active by distinct (frequency, recency, age), shape (g,)."""

    @abstractmethod
    def _if_alive(self, values: Floats, frequency: Floats, age: Floats, horizons: Floats, weights: Floats) -> Floats:
        """Expected purchases of a customer who is active at the date, summed over horizons with weights, shape (g,)."""

    @abstractmethod
    def _draw(self, values: Floats, frequency: Floats, age: Floats, horizon: float, rng: np.random.Generator) -> Floats:
        """Purchases within the horizon of customers who are active at the date, drawn, shape (m,)."""
