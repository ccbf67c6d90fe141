"""`kmslab completion`: the script that teaches a shell the commands and their options."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
INSTALL = {
    "bash": "echo 'eval \"$(kmslab completion bash)\"' >> ~/.bashrc",
    "zsh": "echo 'eval \"$(kmslab completion zsh)\"' >> ~/.zshrc",
    "fish": "kmslab completion fish > ~/.config/fish/completions/kmslab.fish",
}


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a completion script for SHELL. To keep it, run the command on its first line."""
    script = get_completion_class(shell)
    if script is None:  # pragma: no cover  click has all three
        raise click.UsageError(f"click knows no shell named {shell}")
    source = script(ctx.find_root().command, {}, "kmslab", "_KMSLAB_COMPLETE").source()
    click.echo(f"# {INSTALL[shell]}\n{source}")
