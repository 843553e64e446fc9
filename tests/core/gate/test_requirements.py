"""The entries of environment files, beyond what tests of the local runs cover."""

import pytest

from core.gate.requirements import LineKind, entries


def kinds(file: str, text: str) -> list[tuple[str, str, int]]:
    return [(entry.kind.name, entry.text, entry.line) for entry in entries(file, text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("\n# why\n  a==1  # because\n", [("PACKAGE", "a==1", 3)]),
        ("a \\\n  ==1\nb\n", [("PACKAGE", "a==1", 1), ("PACKAGE", "b", 3)]),
        ("a \\\r\n  ==1\r\nb\r\n", [("PACKAGE", "a==1", 1), ("PACKAGE", "b", 3)]),
        ("# not continued \\\nb\n", [("PACKAGE", "b", 2)]),
        ("a==1 \\", [("PACKAGE", "a==1", 1)]),
        ("-r more.txt\n", [("OPTION", "-r more.txt", 1)]),
        ("a @ file:///x.whl\n", [("ADDRESS", "a @ file:///x.whl", 1)]),
        ("wheels/a-1-py3-none-any.whl\n", [("ADDRESS", "wheels/a-1-py3-none-any.whl", 1)]),
        ("git+https://x.example/a#egg=a\n", [("ADDRESS", "git+https://x.example/a#egg=a", 1)]),
    ],
)
def test_the_lines_of_a_requirements_file(text, found):
    assert kinds("requirements.txt", text) == found


def test_conda_says_more_than_pip():
    text = (
        "channels: [conda-forge]\n"
        "dependencies:\n"
        "- python=3.11\n"
        "- pip\n"
        "- r-dplyr=1\n"
        "- numpy=1|2\n"
        "- pytorch=2.3\n"
        "- pip:\n"
        "  - a==1\n"
        "  - -e .\n"
    )
    assert kinds("conda.yml", text) == [
        ("INTERPRETER", "python==3.11.*", 3),
        ("INTERPRETER", "pip", 4),
        ("NOT_PYTHON", "r-dplyr", 5),
        ("UNREADABLE", "numpy=1|2", 6),
        ("PACKAGE", "torch==2.3.*", 7),
        ("PACKAGE", "a==1", 9),
        ("OPTION", "-e .", 10),
    ]


def test_conda_brings_what_is_not_below_pip():
    text = "dependencies: [numpy, {pip: [pandas]}]"
    assert [entry.is_conda for entry in entries("conda.yml", text)] == [True, False]


def test_what_is_unreadable_says_what_to_write():
    for entry in entries("conda.yml", "dependencies: [a=one, '[b]', {c: d}, e=1|2]"):
        assert entry.kind is LineKind.UNREADABLE
        assert entry.wrong
        assert entry.mend


def test_endless_lines_are_read_in_time():
    assert len(entries("requirements.txt", "a \\\n" * 100_000)) == 1
    assert len(entries("requirements.txt", "#" * 500_000 + "\na\n")) == 1
