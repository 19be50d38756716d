from __future__ import annotations

import click
import pyarrow as pa
from rich.console import Console

from heedful.cli.options import Workspace, formatted, with_workspace
from heedful.cli.output import show
from heedful.identity.links import CustomerLinks, Linked


@click.command(epilog="Example: heedful links crm:17")
@click.argument("customer", required=False)
@click.option("--join", nargs=2, metavar="ID ID", help="Decide that two ids are one customer.")
@click.option("--split", metavar="ID", help="Decide that no name joins this id to others.")
@click.option("--undo", metavar="ID", help="Take back what was decided about this id.")
@formatted
@with_workspace
def command(
    workspace: Workspace,
    *,
    customer: str | None,
    join: tuple[str, str] | None,
    split: str | None,
    undo: str | None,
    form: str,
    output: str | None,
) -> None:
    """Show which ids of which sources are joined to CUSTOMER, and by what; or decide it.

    Names are kept as keyed hashes, so that an e-mail reads as "email #3f9a12cd": the same everywhere, and nobody's to
    read. Decisions are written to links.yaml, win over names, and hold for all later pulls.
    """
    decided = [given for given in (join, split, undo) if given]
    if len(decided) + (customer is not None) != 1:
        raise click.UsageError("Give one of CUSTOMER, --join ID ID, --split ID or --undo ID.")
    if customer is not None:
        found = workspace.links(customer)
        show(_rows(found), form, output, lambda out: _shown(out, found))
        return
    linking = workspace.linking
    linked = linking.join(*join) if join else linking.split(split) if split else linking.undo(undo or "")
    click.echo(_said(linked) if linked else f'Nothing was decided about "{undo}".')


def _said(linked: Linked) -> str:
    what = "Links are made anew" if linked.changed else "Written down; the links are the same"
    return f"{what}: {linked.links:,} ids are other names of {linked.customers:,} customers."


def _rows(found: CustomerLinks) -> pa.Table:
    rows = [
        {
            "customer_id": found.customer_id,
            "local_id": member.local_id,
            "through": member.through,
            "name": name.shown,
            "sources": ", ".join(name.sources),
            "links_nobody": name.reason,
        }
        for member in found.members
        for name in member.identifiers
    ]
    names = ("customer_id", "local_id", "through", "name", "sources", "links_nobody")
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in names]))


def _shown(out: Console, found: CustomerLinks) -> None:
    others = len(found.members) - 1
    ids = f"{others} other id{'' if others == 1 else 's'}"
    out.print(
        f"Customer {found.customer_id}, joined with {ids if others else 'no other id'}", markup=False, emoji=False
    )
    for member in found.members:
        since = f" since {member.since:%Y-%m-%d}" if member.since else ""
        through = f", by {member.through}" if member.through else ""
        out.print(f"  {member.local_id}{since}{through.replace('by by', 'by')}", markup=False, emoji=False)
        for name in member.identifiers:
            tail = f" (links nobody: {name.reason})" if name.reason else ""
            out.print(f"    {name.shown} in {', '.join(name.sources)}{tail}", markup=False, emoji=False, style="dim")
