"""Ostvik, a city and its residents: requests with a due date, waiting at the counter, trust. No money changes hands."""

from heedful.simulate.city.build import build

__all__ = ["build"]
