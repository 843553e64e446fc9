"""What uv said in real runs, and what is made of it."""

import pytest

from workers.gate.runtimes import uv_words

HEAD = "error: No solution found when resolving dependencies\n  cause: "
CHAIN = f"""\
{HEAD}Because python-dateutil==2.8.2 depends on six>=1.5 and you require python-dateutil==2.8.2, we can conclude that you require six>=1.5.
         And because you require six==1.4.0, we can conclude that your requirements are unsatisfiable.
"""
NO_WHEEL = f"""\
{HEAD}Because numpy==1.21.5 has no usable wheels and you require numpy==1.21.5, we can conclude that your requirements are unsatisfiable.

hint: Wheels are required for `numpy` because building from source is disabled for all packages (i.e., with `--no-build`)
"""
TREE = """\
  \N{MULTIPLICATION SIGN} No solution found when resolving dependencies:
  ╰─▶ Because there is no version of six==99 and you require
      six==99, we can conclude that your requirements are unsatisfiable.
"""
MISSING = f"""\
{HEAD}Because my-lib was not found in the package registry and you require my-lib==1, we can conclude that your requirements are unsatisfiable.
"""
OFFLINE = f"""\
{HEAD}Because six was not found in the cache and you require six, we can conclude that your requirements are unsatisfiable.

hint: Packages were unavailable because the network was disabled. When the network is disabled, registry packages may only be read from the cache.
"""
LOCKED_OUT = f"""\
{HEAD}Because my-lib was not found in the package registry and you require my-lib, we can conclude that your requirements are unsatisfiable.

hint: An index URL (https://packages.example/simple) could not be queried due to a lack of valid authentication credentials (401 Unauthorized).
"""
REFUSED = """\
error: Request failed after 3 retries in 7.3s
  cause: Failed to fetch: http://127.0.0.1:9/simple/six/
  cause: error sending request for url (http://127.0.0.1:9/simple/six/)
  cause: Connection refused (os error 111)
"""
BROKEN = "error: unexpected argument '--x' found\n"


@pytest.mark.parametrize(
    ("said", "is_unsolved", "is_unanswered"),
    [
        (CHAIN, True, False),
        (NO_WHEEL, True, False),
        (TREE, True, False),
        (MISSING, True, False),
        (OFFLINE, False, True),
        (LOCKED_OUT, False, True),
        (REFUSED, False, True),
        (BROKEN, False, False),
        ("", False, False),
    ],
)
def test_no_answer_of_the_index_is_no_answer_about_the_requirements(
    said, is_unsolved, is_unanswered
):
    assert uv_words.is_unsolved(said) is is_unsolved
    assert uv_words.is_unanswered(said) is is_unanswered


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            CHAIN,
            "python-dateutil==2.8.2 depends on six>=1.5 and you require python-dateutil==2.8.2; you require six==1.4.0",
        ),
        (NO_WHEEL, "numpy==1.21.5 has no usable wheels and you require numpy==1.21.5"),
        (TREE, "there is no version of six==99 and you require six==99"),
        (f"{HEAD}Your requirements are odd.", "Your requirements are odd"),
        (HEAD + "x" * 900, f"{'x' * 349}…"),
    ],
)
def test_its_argument_is_told_in_a_line(said, reason):
    assert uv_words.reason(said) == reason


@pytest.mark.parametrize(
    ("said", "name"), [(MISSING, "my-lib"), (CHAIN, ""), (LOCKED_OUT, ""), (OFFLINE, "")]
)
def test_a_package_that_the_index_does_not_have_is_named(said, name):
    assert uv_words.missing(said) == name


def test_the_packages_of_an_argument_are_found():
    assert {"python-dateutil", "six"} <= uv_words.names(CHAIN)
    assert "packages" not in uv_words.names(NO_WHEEL)


def test_a_password_in_an_address_is_taken_out():
    assert (
        uv_words.without_users("Failed to fetch https://me:word@a.example/x")
        == "Failed to fetch https://a.example/x"
    )


def test_an_argument_without_end_is_read_in_time():
    assert uv_words.reason(HEAD + "Because a " * 100_000)
