"""The list of commands is whole, and each says who may use it."""

import pkgutil

import bot.commands
from bot.commands import COMMANDS


def test_every_file_of_the_folder_is_a_command_of_the_list():
    listed = {known.run.__module__.rpartition(".")[2] for known in COMMANDS}

    assert listed == {module.name for module in pkgutil.iter_modules(bot.commands.__path__)}


def test_no_two_commands_have_the_same_name():
    names = [known.name for known in COMMANDS]

    assert len(names) == len(set(names))
