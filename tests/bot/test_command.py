"""A typed line becomes a command: with slash, mention, odd blanks, quotes; or says what is wrong."""

import pytest

from bot.command import UsageError, command, find, words_of
from bot.elements import card, heading
from core.errors import UnknownNameError


@command("help", "What the bot understands.", who="everyone")
async def help_(words):
    return card(heading("help"))


@command("model list", "Every model.", who="everyone")
async def model_list(words):
    return card(heading("list"))


@command(
    "model status <model>",
    "Where a model stands.",
    who="everyone",
    examples=["model status loan_default", '/model status "loan default"'],
)
async def model_status(words):
    return card(heading(words[0]))


@command("note <model> [text]", "Keeps a note.", who="everyone", examples=["note loan hello"])
async def note(words):
    return card(heading("note"))


@command("say <model> [words …]", "Says it.", who="everyone", examples=["say loan all is well"])
async def say(words):
    return card(heading("said"))


COMMANDS = [help_, model_list, model_status, note, say]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("say loan", ["loan"]),
        ("say loan well", ["loan", "well"]),
        ("say loan all is  well", ["loan", "all is well"]),
        ('say loan "all is" well', ["loan", "all is well"]),
    ],
)
def test_the_last_words_of_a_command_may_be_a_sentence(text, words):
    assert find(text, COMMANDS).words == words


@pytest.mark.parametrize(
    "text",
    [
        "model status loan",
        "/model status loan",
        "  /Model   STATUS\tloan  ",
        "<at>Sluss</at> model status loan",
        "<at id='0'>Sluss</at>&nbsp;/model status loan\n",
        "@Sluss model status loan",
        "model status <at>Sluss</at> loan",
        'model status "loan"',
        "model status “loan”",
        "model status „loan“",
    ],
)
def test_a_line_is_understood_however_it_is_typed(text):
    call = find(text, COMMANDS)

    assert (call.command.name, call.words) == ("model status", ["loan"])


def test_quotes_keep_words_together_and_an_apostrophe_is_no_quote():
    assert words_of('note "loan default" it\'s fine') == ["note", "loan default", "it's", "fine"]


def test_an_optional_argument_may_be_left_out():
    assert find("note loan", COMMANDS).words == ["loan"]
    assert find("note loan hello", COMMANDS).words == ["loan", "hello"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "model status",
            "'model status' needs model. Usage: model status <model>. For example: model status loan_default",
        ),
        ("help me", "'me' is more than 'help' takes. Usage: help."),
    ],
)
def test_wrong_arguments_are_answered_with_the_usage(text, said):
    with pytest.raises(UsageError) as refused:
        find(text, COMMANDS)

    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("modle status loan", ("model status",)),
        ("modell list", ("model list",)),
        ("model", ("model list", "model status")),
        ("hlep", ("help",)),
        ("good morning", ()),
        ("", ()),
    ],
)
def test_a_typo_is_answered_with_what_may_be_meant(text, near):
    with pytest.raises(UnknownNameError) as refused:
        find(text, COMMANDS)

    assert refused.value.near == near


@pytest.mark.parametrize(
    "given",
    [
        {"usage": "model drop <model>", "description": "", "who": "everyone", "examples": ["x"]},
        {"usage": "model drop <model>", "description": "Drops.", "who": "", "examples": ["x"]},
        {"usage": "model drop <model>", "description": "Drops.", "who": "GBI"},
        {"usage": "<model>", "description": "Drops.", "who": "GBI", "examples": ["x"]},
    ],
)
def test_without_help_there_is_no_command(given):
    with pytest.raises(ValueError, match="needs a description"):
        command(given.pop("usage"), given.pop("description"), **given)(help_.run)


def test_an_example_that_is_not_the_command_is_no_example():
    with pytest.raises(UnknownNameError):
        command("model drop <model>", "Drops.", who="GBI", examples=["modell drop x"])(help_.run)
