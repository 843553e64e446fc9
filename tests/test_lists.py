"""Adding a part is one file and one line: what lies in a folder is what its list names."""

import importlib
import pkgutil

import pytest

import bot.cards
import bot.commands
import handlers
import workers.gate.checks
import workers.steps


def files(package, *, besides=()):
    return {module.name for module in pkgutil.iter_modules(package.__path__)} - set(besides)


def homes(things):
    """The file that each thing is defined in."""
    return {thing.__module__.rpartition(".")[2] for thing in things}


@pytest.mark.parametrize(
    ("package", "listed"),
    [
        (workers.gate.checks, {check.module.rpartition(".")[2] for check in workers.gate.checks.CHECKS}),
        (bot.cards, {card.__name__.rpartition(".")[2] for card in bot.cards.CARDS.values()}),
        (bot.commands, {command.run.__module__.rpartition(".")[2] for command in bot.commands.COMMANDS}),
    ],
    ids=["checks", "cards", "commands"],
)  # fmt: skip
def test_a_folder_and_its_list_agree(package, listed):
    assert files(package) == listed


def test_every_step_has_its_file():
    assert files(workers.steps, besides={"step"}) == homes(workers.steps.STEPS.values())


def test_every_source_has_its_file():
    """What else lies in handlers/ is shared by the sources, and defines none."""
    modules = (importlib.import_module(f"handlers.{name}") for name in files(handlers))
    defined = [module.source for module in modules if hasattr(module, "source")]

    assert sorted(source.name for source in handlers.SOURCES) == sorted(s.name for s in defined)
