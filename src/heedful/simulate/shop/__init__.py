"""Nordlys, a shop in seven countries: four kinds of customers, parcels with a promise, words in six languages."""

from heedful.simulate.shop.build import build

__all__ = ["build"]
