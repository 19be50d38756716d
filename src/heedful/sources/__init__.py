"""From what a company has (files, and later databases and services) to rows of the two streams.

`sources/NAME.yaml` says which files there are and how their columns fill the tables of the lake; `load_source` reads
it, `check_source` looks for mistakes without loading, and `pull` brings the rows in.
"""

from heedful.sources.checks import check_source
from heedful.sources.definition import Source, SourceDefinition, load_source
from heedful.sources.pull import PullReport, pull
from heedful.sources.settings import PullSettings

__all__ = ["PullReport", "PullSettings", "Source", "SourceDefinition", "check_source", "load_source", "pull"]
