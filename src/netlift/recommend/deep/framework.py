"""PyTorch, where it is installed, and as it must be set for equal results."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from netlift.errors import ConfigError

Tensor = Any
"""Of PyTorch; it is not there when types are checked."""


class Framework(NamedTuple):
    """PyTorch, and where it works."""

    torch: Any
    """The module."""
    device: str
    chance: Any
    """A generator of its own: nobody else's draws change ours, nor ours theirs."""

    def tensor(self, array: Any) -> Tensor:
        """A copy of a NumPy array, where the work is done."""
        return self.torch.tensor(array, device=self.device)


def needed() -> Any:
    """PyTorch.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        import torch  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise ConfigError('the recommender `sequence` needs PyTorch: pip install "netlift[deep]"') from None
    return torch


@contextmanager
def steady(device: str, threads: int, seed: int) -> Iterator[Framework]:
    """PyTorch with a fixed number of threads and without algorithms that add in any order; as it was, afterwards.

    Args:
        device: as PyTorch names it: cpu, cuda, cuda:1, ...
        threads: on a CPU.
        seed: of `Framework.chance`.

    Raises:
        ConfigError: PyTorch or the device is not there.
    """
    torch = needed()
    if device != "cpu":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it, CUDA's products are not repeatable
    try:
        torch.empty(1, device=device)
        chance = torch.Generator(device=device)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(f"PyTorch cannot work on the device {device!r} here: {str(error).splitlines()[0]}") from None
    before = torch.get_num_threads()
    strict, lenient = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    try:
        yield Framework(torch, device, chance.manual_seed(seed))
    finally:
        torch.use_deterministic_algorithms(strict, warn_only=lenient)
        torch.set_num_threads(before)
