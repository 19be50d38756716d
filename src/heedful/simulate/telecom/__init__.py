"""Sakari, a telecom with contracts: payments each month, faults that are put right or not, and people who leave."""

from heedful.simulate.telecom.build import build

__all__ = ["build"]
