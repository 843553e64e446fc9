"""A requirement is parsed and written anew; whatever else an installer understands is refused."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement

from core.gate.requirement import (
    UnreadableRequirement,
    read_requirement,
    split_hashes,
    written,
)
from core.gate.requirements import LineKind, entries

HOSTS = ("wheels.bank.example",)
WHEEL = "https://wheels.bank.example/a/six-1.16.0-py2.py3-none-any.whl"


@pytest.mark.parametrize(
    ("text", "anew"),
    [
        ("six", "six"),
        ("Six[b,a] <2 ,>= 1", "Six[a,b]>=1,<2"),
        ("six (>=1)", "six>=1"),
        ("torch==2.6.0+cpu", "torch==2.6.0+cpu"),
        ("six===1.0", "six===1.0"),
        ("six;python_version>'3'", 'six ; python_version > "3"'),
        (f"six @{WHEEL}", f"six @ {WHEEL}"),
        (f"six@{WHEEL} ; os_name=='posix'", f'six @ {WHEEL} ; os_name == "posix"'),
    ],
)
def test_a_plain_requirement_is_written_anew(text: str, anew: str):
    found = read_requirement(text, HOSTS)
    assert isinstance(found, Requirement)
    assert written(found) == anew


ADDRESSES = [
    "six @http:127.0.0.1:1/x.whl",
    "six@http:127.0.0.1:1/x.whl",
    "six @ http://wheels.bank.example/a/six-1.16.0-py3-none-any.whl",
    "six @ https://elsewhere.example/six-1.16.0-py3-none-any.whl",
    "six @ https://wheels.bank.example:8443/six-1.16.0-py3-none-any.whl",
    "six @ https://wheels.bank.example.evil.example/six-1.16.0-py3-none-any.whl",
    "six @ https://wheels.bank.example@evil.example/six-1.16.0-py3-none-any.whl",
    "six @ https://me:pw@wheels.bank.example/six-1.16.0-py3-none-any.whl",
    "six @ https://wheels.bank.example/other-1.16.0-py3-none-any.whl",
    "six @ https://wheels.bank.example/six-1.16.0.tar.gz",
    "six @ https://wheels.bank.example/../six-1.16.0-py3-none-any.whl",
    "six @ https://wheels.bank.example/six-1.16.0-py3-none-any.whl#sha256=0",
    "six @ https://wheels.bank.example/six-1.16.0-py3-none-any.whl?a=b",
    "six @ https:wheels.bank.example/six-1.16.0-py3-none-any.whl",
    "six @ git+https://wheels.bank.example/six.git",
    "six @ svn+ssh://wheels.bank.example/six",
    "six @ file:///tmp/six-1.16.0-py3-none-any.whl",
    "six @ ./six-1.16.0-py3-none-any.whl",
    "six @ /tmp/six-1.16.0-py3-none-any.whl",
    "six @ C:/six-1.16.0-py3-none-any.whl",
    "six @ six-1.16.0-py3-none-any.whl",
]
OTHERS = [
    "six @ ${UV_INDEX_BANK_PASSWORD}",
    "six==${VERSION}",
    "$SIX",
    "six @ https://wheels.bank.example/%SECRET%/six-1.16.0-py3-none-any.whl",
    "six; platform_version == '${HOME}'",
    "six; platform_version == '\\x24{HOME}'",
    "six; platform_version == '\\\\x24{HOME}'",
    "six; platform_version == '\\n-r elsewhere'",
    "six; platform_version == '\\x22\\x27'",
    "six @ HTTPS://wheels.bank.example\\@evil.example/six-1.16.0-py3-none-any.whl",
    "six --index-url=elsewhere",
    "six -i elsewhere",
    "six==1 --find-links /tmp",
    "six==1 --hash=md5:00",
    "six==1 --hash=sha256:00 --index-url=elsewhere",
    "six===http://evil.example",
    "six===./x.whl",
    "six===@x",
    "six\n--index-url elsewhere",
    "six\r--index-url elsewhere",
    "six\0",
    "s\u0131x",
    "\u212aeras",
    "six==1\u2028-r x",
    "six==1.*.*",
    "six=1",
    "[six]",
    "six[",
    "six@",
    "",
    "six==" + "9" * 600,
    "six;" + "(" * 400,
]


@pytest.mark.parametrize("text", [*ADDRESSES, *OTHERS])
def test_all_else_is_refused_and_says_what_to_do(text: str):
    found = read_requirement(split_hashes(text)[0], HOSTS)
    assert isinstance(found, UnreadableRequirement)
    assert found.mend
    assert found.is_address == (text in ADDRESSES) or text in OTHERS
    assert "pw" not in found.wrong


@pytest.mark.parametrize("text", [each for each in [*ADDRESSES, *OTHERS] if each.isprintable()])
@pytest.mark.parametrize("form", ["{}", "dependencies: [{{pip: ['{}']}}]", "dependencies: ['{}']"])
def test_none_of_it_becomes_a_package_in_any_file(text: str, form: str):
    name = "requirements.txt" if form == "{}" else "conda.yml"
    found = entries(name, form.format(text.replace("'", "''")), HOSTS)
    packages = [entry.text for entry in found if entry.kind is LineKind.PACKAGE]
    harmless = re.compile(r"[A-Za-z0-9._-]+((==|<|>=)[0-9.*]+)?")
    assert all(map(harmless.fullmatch, packages)), packages


def test_a_wheel_of_a_host_that_the_policy_does_not_list_is_none():
    assert isinstance(read_requirement(f"six @ {WHEEL}"), UnreadableRequirement)


def test_hashes_of_a_lock_file_stay():
    line = "six==1.16.0 --hash=sha256:00ab --hash=sha512:00"
    [entry] = entries("requirements.txt", line)
    assert (entry.kind, entry.text) == (LineKind.PACKAGE, line)


PIECES = [
    *"six0.1-_[],<>=!~ ;@:/\\$%{}'\"#()+*&|\t\n\r",
    "http",
    "${A}",
    "--",
    " -r ",
    ".whl",
    "==",
]
SIGNS = st.lists(st.sampled_from(PIECES), max_size=20).map("".join)
NAMES = st.from_regex(r"\A[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?\Z")
NEARLY = st.builds(
    lambda name, sign, rest: f"{name}{sign}{rest}",
    NAMES, st.sampled_from(["", "==", ">=", " @ ", "@", "===", " ; ", "[", " --"]), SIGNS,
)  # fmt: skip
PLAIN = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9,._-]+\])?"
    r"((===|==|~=|!=|<=|>=|<|>)[A-Za-z0-9.*+!_-]+(,(?=[=~!<>])|(?= ;)|$))*( ; [^$\n]+)?"
)


@settings(deadline=None)
@given(st.one_of(SIGNS, NEARLY))
def test_whatever_is_written_an_installer_gets_a_name_versions_and_a_marker(text: str):
    found = read_requirement(text)
    if isinstance(found, UnreadableRequirement):
        return
    anew = written(found)
    assert PLAIN.fullmatch(anew), anew
    again = read_requirement(anew)
    assert isinstance(again, Requirement)
    assert written(again) == anew
    assert (again.name, again.extras, again.specifier) == (
        found.name,
        found.extras,
        found.specifier,
    )


@settings(deadline=None)
@given(st.lists(st.one_of(SIGNS, NEARLY), max_size=5))
def test_no_line_of_a_file_breaks_the_reader_or_comes_through_as_written(lines):
    for entry in entries("requirements.txt", "\n".join(lines)):
        assert entry.kind is LineKind.PACKAGE or entry.wrong
        if entry.kind is LineKind.PACKAGE:
            assert PLAIN.fullmatch(split_hashes(entry.text)[0]), entry.text


@settings(deadline=None)
@given(st.one_of(SIGNS, NEARLY))
def test_what_is_refused_is_an_address_an_option_or_nothing_that_packaging_reads(text: str):
    if not isinstance(read_requirement(text), UnreadableRequirement):
        return
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return
    assert requirement.url or "$" in text or "%" in text or "===" in text or not text.isprintable()
