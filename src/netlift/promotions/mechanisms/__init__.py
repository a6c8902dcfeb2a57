"""The mechanisms, one file per kind: a new file is found, tested and documented by itself."""

from netlift.promotions.mechanisms._layers import marketplace

__all__ = ["marketplace"]
