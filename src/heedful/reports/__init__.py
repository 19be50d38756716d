"""What leaves the analyst's desk: the scorecard as a page, and the hiding of small bases at this border."""
