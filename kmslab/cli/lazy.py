"""A click group that imports a command's module only when the command is called.

Knows names and one-line helps, so `--help` and completion cost nothing else; refuses to know
what is behind them.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple, cast

import click
from click.shell_completion import CompletionItem


class Entry(NamedTuple):
    """One command: where it is (``module:attribute``) and what it does, in one line."""

    target: str
    help: str


class LazyGroup(click.Group):
    """A group of commands that are named in a table.

    Words that name no command go to the command called `default`, where there is one.
    """

    def __init__(
        self,
        *args: Any,  # noqa: ANN401  click hands its own options through
        entries: Mapping[str, Entry],
        default: str = "",
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kwargs)
        self._entries = entries
        self._default = default

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order of the table."""
        return list(self._entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return the command of this name; None where the table has none."""
        entry = self._entries.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        return cast("click.Command", getattr(import_module(module), attribute))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first word names, or hand all words to the default one."""
        if self._default and args[0] not in self._entries:
            return self._default, self.get_command(ctx, self._default), args
        if args[0] not in self._entries:
            raise click.exceptions.NoSuchCommand(args[0], possibilities=self._entries, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the table of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self._entries.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the names of the table, and the group's own options."""
        names = [
            CompletionItem(name, help=entry.help)
            for name, entry in self._entries.items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]
