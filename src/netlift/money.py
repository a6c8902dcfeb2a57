"""Exact money: integer minor units and a currency, split without losing a cent."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from netlift.errors import ConfigError

# ISO 4217: currencies whose minor unit is not a hundredth
_EXPONENTS = dict.fromkeys(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
) | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)

CURRENCIES = frozenset(
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG "
    "HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD "
    "RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX "
    "USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG".split()
)
"""Codes of the currencies in circulation (ISO 4217)."""


def exponent(currency: str) -> int:
    """Number of decimals of a currency: 2 for most, 0 for JPY, 3 for KWD (ISO 4217).

    >>> exponent("CNY"), exponent("JPY")
    (2, 0)
    """
    return _EXPONENTS.get(currency.upper(), 2)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in integer minor units (cents, 分) of one currency.

    >>> Money.of("19.99", "EUR") + Money(1, "EUR")
    Money(minor=2000, currency='EUR')
    >>> str(Money(-123456, "USD"))
    '-1,234.56 USD'
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise ConfigError(f"money is counted in whole minor units, got {self.minor!r}: use Money.of for decimals")

    @classmethod
    def of(cls, amount: str | Decimal | int, currency: str) -> "Money":
        """Read a decimal amount in major units, rounding half up (away from zero) to the minor unit.

        Raises:
            ConfigError: `amount` is no finite decimal number.
        """
        try:
            scaled = Decimal(amount).scaleb(exponent(currency))
            return cls(int(scaled.quantize(Decimal(1), ROUND_HALF_UP)), currency.upper())
        except (InvalidOperation, ValueError) as error:
            raise ConfigError(f"{amount!r} is not an amount of {currency}: write it like 1234.56") from error

    @property
    def major(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        return f"{self.major:,.{exponent(self.currency)}f} {self.currency}"

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ConfigError(f"cannot combine {self.currency} with {other.currency}: convert first")
        return other.minor


def allocate(total: int, weights: Sequence[float]) -> tuple[int, ...]:
    """Split `total` minor units in proportion to `weights`; the parts sum to `total` exactly.

    Largest remainder: every part is rounded down, then the left-over units go to the largest
    fractions, ties to the earlier position. Negative totals split as their mirror image.

    Args:
        total: minor units to split.
        weights: one per part, none negative, not all zero (unless `total` is 0).

    Raises:
        ConfigError: no weight, a negative weight, or nothing to split by.

    >>> allocate(1000, [1, 1, 1])
    (334, 333, 333)
    """
    if total < 0:
        return tuple(-part for part in allocate(-total, weights))
    exact = [Decimal(str(weight)) for weight in weights]
    if not exact or not all(weight.is_finite() for weight in exact) or min(exact) < 0 or (total and not sum(exact)):
        raise ConfigError(f"cannot split {total} by weights {list(weights)!r}: they must be >= 0, not all 0")
    if not total:
        return (0,) * len(exact)
    shares = [total * weight / sum(exact) for weight in exact]
    parts = [int(share) for share in shares]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - shares[i], i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return tuple(parts)
