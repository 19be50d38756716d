from __future__ import annotations

import click

from heedful.cli.options import Workspace, with_workspace
from heedful.errors import DefinitionError


@click.command(epilog="Example: heedful check -w shop")
@with_workspace
def command(workspace: Workspace) -> None:
    """Read all files of the workspace and say what is wrong with them, without looking at data."""
    problems = workspace.check()
    if problems:
        raise DefinitionError(problems)
    found = workspace.definitions
    linted = workspace.lint()
    for objective, findings in zip(found.scorecard.objectives if found.scorecard else (), linted.findings, strict=True):
        for finding in findings:
            click.echo(f'"{objective.voice}": {finding.message} {finding.mend}')
    for note in linted.notes:
        click.echo(note)
    own = sum(m.own for m in found.measures.values())
    objectives = len(found.scorecard.objectives) if found.scorecard else 0
    click.echo(
        f"All files are sound: {_many(len(found.sources), 'source')}, {_many(own, 'measure')} of your own, "
        f"{_many(len(found.setting.segmentations), 'segmentation')}, {_many(objectives, 'objective')}."
    )


def _many(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"
