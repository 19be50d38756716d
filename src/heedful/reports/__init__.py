"""What leaves the analyst's desk: the scorecard as a page, and the hiding of small bases at this border."""

from __future__ import annotations

from heedful.reports.page import render, write_report
from heedful.reports.suppression import suppress
from heedful.reports.suppression_of_scorecards import suppress_scorecard

__all__ = ["render", "suppress", "suppress_scorecard", "write_report"]
