"""The command line. One command a file in `commands/`; a file there is a command."""

from __future__ import annotations

import os
import pkgutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType

import click

from heedful import __version__
from heedful.errors import HeedfulError, InputError

_DONE, _FAILED, _WRONG_INPUT, _STOPPED = 0, 1, 2, 130


class _Commands(click.Group):
    """Loads a command's module when it is wanted, so that `--help` of one does not wait for all."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        package = import_module("heedful.cli.commands")
        return sorted(m.name for m in pkgutil.iter_modules(package.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"heedful.cli.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None:
            from heedful.errors import did_you_mean  # noqa: PLC0415 -- only on the way to an error

            tail = did_you_mean(args[0], self.list_commands(ctx), listed_by="heedful --help")
            ctx.fail(f'There is no command "{args[0]}".{tail}')
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Begin with: heedful demo, or heedful init shop --template retail",
)
@click.version_option(__version__, prog_name="heedful")
@click.option("-w", "--workspace", default=None, metavar="DIR", help="The workspace; by default the current folder.")
@click.pass_context
def heedful(ctx: click.Context, workspace: str | None) -> None:
    """See your company from your customers' point of view: what they say beside what they do."""
    ctx.obj = workspace


def main() -> None:
    """The program `heedful`. Exits with 0 when done, 1 when the command failed, 2 when the input is wrong."""
    with _noted_interrupts() as interrupts:
        try:
            code = heedful(standalone_mode=False) or _DONE
        except click.ClickException as error:
            error.show()
            code = _WRONG_INPUT
        except (click.Abort, KeyboardInterrupt):
            code = _STOPPED
        except RuntimeError:
            # DuckDB makes an error of its own of an interrupt …
            if not interrupts:
                raise
            code = _STOPPED
        except HeedfulError as error:
            # … and we would take that for a fault of the data.
            code = _STOPPED if interrupts else _WRONG_INPUT if isinstance(error, InputError) else _FAILED
            if code != _STOPPED:
                click.echo(str(error), err=True)
        except BrokenPipeError:
            # The reader of our output went away, as `| head` does; the interpreter must not try to flush again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = _FAILED
    if code == _STOPPED:
        click.echo("Stopped.", err=True)
    sys.exit(code if isinstance(code, int) else _DONE)


@contextmanager
def _noted_interrupts() -> Iterator[list[int]]:
    """Ctrl-C raises `KeyboardInterrupt` as ever, and is noted in the list."""
    noted: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        noted.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield noted
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)
