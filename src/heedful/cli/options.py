"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import click

from heedful.errors import InputError
from heedful.workspace import Workspace, open_workspace

F = TypeVar("F", bound=Callable[..., Any])


class Day(click.ParamType[date]):
    """A date as 2026-03-31."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f'"{value}" is not a date; write it as 2026-03-31.', param, ctx)


DAY = Day()


def with_workspace(command: F) -> F:
    """`--workspace/-w`, before or after the command; the command gets the opened workspace first."""

    @click.option(
        "-w", "--workspace", default=None, metavar="DIR", help="The workspace; by default the current folder."
    )
    @click.pass_context
    def run(ctx: click.Context, /, workspace: str | None, **options: Any) -> Any:
        with open_workspace(workspace or ctx.obj or ".") as opened:
            if opened.upgraded is not None:
                click.echo(str(opened.upgraded), err=True)
            return ctx.invoke(command, opened, **options)

    run.__doc__ = command.__doc__
    run.__name__ = command.__name__
    params = getattr(command, "__click_params__", [])
    run.__click_params__ = [*params, *getattr(run, "__click_params__", [])]  # type: ignore[attr-defined]
    return run  # type: ignore[return-value]


def formatted(command: F) -> F:
    """`--format` and `--output` of a command that shows rows."""
    command = click.option(
        "-o", "--output", type=click.Path(dir_okay=False), default=None, help="Write to this file, not to the terminal."
    )(command)
    return click.option(
        "--format",
        "form",
        type=click.Choice(["table", "json", "csv", "parquet"]),
        default="table",
        show_default=True,
        help="How to show rows; parquet needs --output unless piped.",
    )(command)


def assignments(option: str, given: Sequence[str]) -> Mapping[str, str]:
    """NAME=VALUE pairs of a repeated option. Raises `InputError`."""
    found = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise InputError(f'{option} "{text}" is not NAME=VALUE, such as {option} data=exports/2026.')
        found[name.strip()] = value
    return found


def scalar(text: str) -> str | int | float | bool:
    """A parameter's value: true and false, a number, or text."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


__all__ = ["DAY", "Workspace", "assignments", "formatted", "scalar", "with_workspace"]
