"""A typed line becomes a command: with slash, mention, odd blanks, quotes; or says what is wrong."""

import time

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
        ("say loan is it **worse**?", ["loan", "is it **worse**?"]),
        ("**say loan** _why_ it's `0.4`!", ["loan", "_why_ it's `0.4`!"]),
        ("**say loan is it _worse_?**", ["loan", "is it _worse_?"]),
        ('say loan is "it" so, or "worse"?', ["loan", 'is "it" so, or "worse"?']),
        ("say loan 1 &lt; 2 &amp; so on", ["loan", "1 < 2 & so on"]),
        ("please say loan, thanks", ["loan", "thanks"]),
        ("say loan <at>Bo Ek</at> agreed", ["loan", "Bo Ek agreed"]),
        ("say loan <b>", ["loan", "<b>"]),
        (
            "<p>say <strong>loan</strong> the first<br>and the second</p>",
            ["loan", "the first and the second"],
        ),
        ("```\nsay loan all is well\n```", ["loan", "all is well"]),
        ("say loan 👍", ["loan", "👍"]),
        ("say loan **", ["loan", "**"]),
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
        "<at>Sluss</at>: model status loan",
        "@Sluss, model status loan",
        "Sluss: model status loan",
        "hello <at>Sluss</at>, model status loan",
        "**model status loan**",
        "*model* status loan",
        "_model status loan_",
        "**_model status_** loan",
        "~~model status~~ `loan`",
        "`model status loan`",
        "``model status loan``",
        "```model status loan```",
        "```\nmodel status loan\n```",
        "```text\nmodel status loan\n```",
        "- model status loan",
        "• model status loan",
        "1. model status loan",
        "> model status loan",
        "model status loan?",
        "Model status loan.",
        "model status loan!!",
        "model status loan …",
        "model status: loan",
        "model status loan,",
        "model status \N{LEFT SINGLE QUOTATION MARK}loan\N{RIGHT SINGLE QUOTATION MARK}",
        "model status «loan»",
        "model status (loan)",
        "model status <loan>",
        "model\N{NO-BREAK SPACE}status\N{NARROW NO-BREAK SPACE}loan",
        "model\N{IDEOGRAPHIC SPACE}status loan",
        "\N{ZERO WIDTH SPACE}model sta\N{ZERO WIDTH JOINER}tus lo\N{SOFT HYPHEN}an\ufeff",
        "model&nbsp;status&#32;&quot;loan&quot;",
        "please model status loan",
        "Hi! Please, /model status loan",
        "hello, could you please model status loan?",
        "thanks 👍 model status loan",
        "model status loan please",
        "model status loan, thank you!",
        "model status loan 👍",
        "Guten Morgen Sluss, model status loan bitte",
        "Hej! model status loan, tack",
        "bonjour, model status loan merci",
        "model\nstatus\nloan",
        "Hi Sluss,\n\nmodel status loan\n\nBest regards\nAda",
        "<p>model status <strong>loan</strong></p>",
        '<div><span style="x">model status</span>&nbsp;loan<br></div>',
        "<blockquote>retry loan-3</blockquote><p>model status loan</p>",
        "<blockquote>x<blockquote>y</blockquote>retry loan-3</blockquote><p>model status loan</p>",
        "model status http://127.0.0.1:8080/models/loan",
        "model status <https://mlflow.example/#/models/loan/versions/3>.",
        '"model status loan"',
        "“/model status loan”",
        '<at>Sluss</at> "model status loan"',
        "[model status loan](https://x.example/releases/other)",
        "model status [loan](https://dev.azure.example/bank/_git/loan)",
        "model status [https://x.example/a/loan](https://x.example/a/loan),",
        '<p>model status <a href="https://x.example/loan">https://x.example/loan</a></p>',
    ],
)
def test_a_line_is_understood_however_it_is_typed(text):
    call = find(text, COMMANDS)

    assert (call.command.name, call.words) == ("model status", ["loan"])


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("loan_default", "loan_default"),
        ("_loan_default_", "loan_default"),
        ("**loan_default_2**", "loan_default_2"),
        ("loan\\_default", "loan_default"),
        ("`_private`", "_private"),
        ("loan\N{NON-BREAKING HYPHEN}default\N{NON-BREAKING HYPHEN}3", "loan-default-3"),
        ("https://127.0.0.1:8080/releases/loan_default-3?x=1", "loan_default-3"),
        ("https://[", "https"),
        ("1f3c...e9", "1f3c...e9"),
        ("ada@example.org.", "ada@example.org"),
        ("[ada@example.org](mailto:ada@example.org)", "ada@example.org"),
        ("<mailto:ada@example.org>", "ada@example.org"),
    ],
)
def test_what_belongs_to_a_name_stays_in_it(typed, name):
    assert find(f"model status {typed}", COMMANDS).words == [name]


def test_two_commands_in_one_message_are_refused_before_the_first_is_done():
    with pytest.raises(UsageError, match="Nothing was done"):
        find("model list\nhelp", COMMANDS)


HOSTILE = [
    *(
        "*a ",
        "**a** _a",
        " _a",
        "_*a ",
        "`",
        "`a",
        "<at>",
        "<at",
        "<blockquote",
        "<blockquote>",
        "<a ",
    ),
    *("[", "[x](", "[x](https://", "“", "„", '"a', "\u0301", "&lt;", "```\n", "``` "),
]


@pytest.mark.parametrize(
    ("start", "end"), [("", ""), ("model status </p>", "a"), ("```", "*"), ("a", "a")]
)
def test_a_line_of_marks_is_read_in_no_time(start, end):
    for hostile in (*HOSTILE, " ", "(", "a"):
        line = start + hostile * (6_000 // len(hostile)) + end
        began = time.process_time()
        words_of(line)
        assert time.process_time() - began < 0.25, hostile


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
