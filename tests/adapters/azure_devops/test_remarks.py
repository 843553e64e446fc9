"""Findings as threads of a pull request: one for each place, never doubled, and people's are theirs."""

import asyncio
import re

import pytest

from adapters.azure_devops.remark_threads import CLOSED, KEY, MOST
from core.errors import UnavailableError
from core.ports import Remark
from tests.adapters.azure_devops.reviewed_world import AzureReviewed, said, words
from tests.peers.azure_devops import AzureDevOpsPeer, faults
from tests.peers.azure_devops.threads import open_thread, threads_of
from tests.peers.azure_devops.world import SLUSS

LINT = Remark(text="lint: too long: break the line", path="src/train.py", line=2, about=("lint",))
SECRET = Remark(text="secrets: a password", path="src/train.py", line=4, about=("secrets",))
MISSING = Remark(text="structure: add tests/", path="tests", about=("structure",))
WHOLE = Remark(text="unit_tests could not run", about=("unit_tests",))
URL = "http://sluss/releases/churn-1"


@pytest.fixture
async def world(tmp_path):
    async with AzureDevOpsPeer(tmp_path) as devops:
        made = AzureReviewed(devops)
        yield made
        await made.close()


async def test_each_place_has_a_thread_at_its_line(world):
    pull_request, head = world.opened()

    assert await world.show(head, LINT, SECRET) == 2

    lint, secret = threads_of(pull_request)
    assert (lint.status, words(lint)) == ("active", "lint: too long: break the line")
    assert lint.context["filePath"] == "/src/train.py"
    assert lint.context["rightFileStart"] == {"line": 2, "offset": 1}
    assert lint.iterations["iterationContext"] == {
        "firstComparingIteration": 1, "secondComparingIteration": 1,
    }  # fmt: skip
    assert secret.context["rightFileStart"]["line"] == 4


async def test_the_second_look_reads_the_threads_once_and_writes_nothing(world):
    _, head = world.opened()
    await world.show(head, LINT, SECRET, MISSING, WHOLE)
    mark = world.devops.calls.mark()

    assert await world.show(head, LINT, SECRET, MISSING, WHOLE) == 0

    assert len(world.devops.calls.since(mark).to("GET", "/threads$")) == 1
    assert len(world.devops.calls.since(mark)) == 3


async def test_what_the_pull_request_does_not_change_is_said_without_a_place(world):
    pull_request, head = world.opened()

    await world.show(head, MISSING, WHOLE)

    assert [thread.context for thread in threads_of(pull_request)] == [None, None]
    assert said(pull_request) == [
        ("active", "**tests**\n\nstructure: add tests/"),
        ("active", "unit\\_tests could not run"),
    ]


@pytest.mark.parametrize(("line", "shown"), [(400, 4), (4, 4), (1, 1)])
async def test_a_line_that_the_file_has_not_is_its_last(world, line, shown):
    pull_request, head = world.opened()

    await world.show(head, Remark(text="a", path="src/train.py", line=line))

    [thread] = threads_of(pull_request)
    assert thread.context["rightFileStart"]["line"] == shown


async def test_a_file_as_a_whole_and_one_without_lines_have_a_thread_at_the_file(world):
    pull_request, head = world.opened({"src/train.py": "", "README.md": "Read it.\n"})

    await world.show(
        head, Remark(text="a", path="src/train.py", line=3), Remark(text="b", path="README.md")
    )

    assert [thread.context for thread in threads_of(pull_request)] == [
        {"filePath": "/src/train.py"}, {"filePath": "/README.md"},
    ]  # fmt: skip


async def test_a_deleted_file_has_no_place(world):
    pull_request, head = world.opened({"README.md": None})

    await world.show(head, Remark(text="add README.md", path="README.md"))

    assert threads_of(pull_request)[0].context is None


async def test_other_words_at_the_place_change_the_thread_in_one_write(world):
    pull_request, head = world.opened()
    await world.show(head, LINT, MISSING)
    other = Remark(text="lint: much too long", path="src/train.py", line=2)
    elsewhere = Remark(text="structure: add tests/test_a.py", path="tests")

    assert await world.show(head, other, elsewhere) == 2

    assert said(pull_request) == [
        ("active", "lint: much too long"),
        ("active", "**tests**\n\nstructure: add tests/test\\_a.py"),
    ]
    assert await world.show(head, other, elsewhere) == 0


async def test_what_is_mended_is_fixed_and_what_comes_back_is_opened_again(world):
    pull_request, head = world.opened()
    await world.show(head, LINT, SECRET)
    second = world.push({"src/train.py": "one\n2\nthree\nfour, and mended\n"})

    assert await world.show(second, LINT) == 1
    assert [status for status, _ in said(pull_request)] == ["active", "fixed"]
    assert await world.show(second, LINT) == 0

    third = world.push({"src/train.py": "one\n2\nthree\nfour\n"})
    assert await world.show(third, LINT, SECRET) == 1
    assert [status for status, _ in said(pull_request)] == ["active", "active"]
    assert await world.show(third) == 2
    assert {status for status, _ in said(pull_request)} == {"fixed"}


async def test_a_line_that_moves_keeps_its_thread(world):
    pull_request, head = world.opened()
    await world.show(head, LINT)
    second = world.push({"src/train.py": "zero\none\n2\nthree\nfour\n"})
    moved = Remark(text=LINT.text, path=LINT.path, line=3)

    assert await world.show(second, moved) == 0
    assert len(said(pull_request)) == 1


async def test_the_same_words_at_several_lines_are_several_threads(world):
    pull_request, head = world.opened()
    several = [Remark(text="mend", path="src/train.py", line=line) for line in (1, 2, 3)]
    await world.show(head, *several)

    assert await world.show(head, *several) == 0
    assert await world.show(head, several[0], several[2]) == 1
    assert [status for status, _ in said(pull_request)] == ["active", "fixed", "active"]


@pytest.mark.parametrize("status", ["wontFix", "closed", "byDesign", "fixed"])
async def test_what_a_person_closed_stays_closed_while_it_says_the_same(world, status):
    pull_request, head = world.opened()
    await world.show(head, LINT)
    [thread] = threads_of(pull_request)
    thread.say("It is meant so.", by=world.anna)
    thread.status = status

    assert await world.show(head, LINT) == 0
    second = world.push({"src/train.py": "one\n2\nthree\nfour\nfive\n"})
    assert await world.show(second, LINT) == 0
    assert await world.show(second) == 0
    assert said(pull_request)[0][0] == status

    changed = Remark(text="lint: something else", path="src/train.py", line=2)
    assert await world.show(second, changed) == 1
    assert said(pull_request)[1:] == [("active", "lint: something else")]


async def test_comments_in_another_order_hide_no_thread_of_ours(world):
    pull_request, head = world.opened()
    await world.show(head, LINT)
    threads_of(pull_request)[0].say("It is meant so.", by=world.anna)
    world.devops.faults.on("GET", "/threads", faults.turned_round())

    assert await world.show(head, LINT) == 0
    assert len(said(pull_request)) == 1


async def test_what_a_person_opened_again_is_theirs(world):
    pull_request, head = world.opened()
    await world.show(head, LINT)
    await world.show(head)
    threads_of(pull_request)[0].status = "active"

    assert await world.show(head) == 0
    assert said(pull_request)[0][0] == "active"


async def test_a_thread_that_is_answered_goes_on_and_nobodys_answer_is_touched(world):
    pull_request, head = world.opened()
    await world.show(head, LINT)
    [thread] = threads_of(pull_request)
    thread.say("Why?", by=world.ben)

    other = Remark(text="lint: longer still", path="src/train.py", line=2)
    assert await world.show(head, other) == 1
    assert words(thread) == "lint: longer still"
    assert thread.comments[1].content == "Why?"


async def test_a_deleted_thread_is_not_begun_again(world):
    pull_request, head = world.opened()
    await world.show(head, LINT)
    threads_of(pull_request)[0].comments[0].is_deleted = True

    assert await world.show(head, LINT) == 0
    assert await world.show(head) == 0


async def test_our_marker_in_somebody_elses_comment_means_nothing(world):
    pull_request, head = world.opened()
    await world.show(head, LINT)
    [ours] = threads_of(pull_request)
    copied = open_thread(pull_request, ours.text, by=world.ben, properties=dict(ours.properties))

    assert await world.show(head) == 1
    assert (ours.status, copied.status) == ("fixed", "active")
    assert await world.show(head, SECRET) == 1


async def test_what_we_said_without_a_marker_is_no_remark(world):
    pull_request, head = world.opened()
    open_thread(pull_request, "A word of ours about something else.", by=SLUSS)

    assert await world.show(head, LINT) == 1
    assert await world.show(head) == 1
    assert said(pull_request)[0][0] == "active"


async def test_a_host_that_keeps_no_properties_still_gets_what_comes_back(world):
    pull_request, head = world.opened()
    await world.show(head, LINT)
    threads_of(pull_request)[0].properties.clear()
    await world.show(head)
    threads_of(pull_request)[0].properties.clear()

    assert await world.show(head, LINT) == 1
    assert said(pull_request)[0][0] == "active"
    assert KEY != CLOSED


async def test_of_five_thousand_the_gravest_have_a_thread_and_the_rest_one(world):
    pull_request, head = world.opened()
    many = [
        Remark(text=f"finding {number}", path=f"src/m{number}.py", line=1, about=("lint",))
        for number in range(4_990)
    ]
    grave = [
        Remark(text=f"grave {number}", about=("secrets",), line=number) for number in range(10)
    ]

    assert await world.show(head, *grave, *many, url=URL) == MOST

    texts = [text for _, text in said(pull_request)]
    assert texts[:10] == [f"grave {number}" for number in range(10)]
    assert texts[-1] == (
        f"Besides these the gate has 4951 more findings: lint 4951. All are at {URL}"
    )
    assert await world.show(head, *grave, *many, url=URL) == 0


async def test_who_is_not_among_the_gravest_any_more_is_closed_and_not_fixed(world):
    pull_request, head = world.opened()
    first = [
        Remark(text=f"finding {number}", path=f"m{number}", about=("a",)) for number in range(MOST)
    ]
    await world.show(head, *first)
    graver = [
        Remark(text=f"graver {number}", path=f"g{number}", about=("b",)) for number in range(2)
    ]

    await world.show(head, *graver, *first)

    shown = {text: status for status, text in said(pull_request)}
    assert sum(status == "active" for status in shown.values()) == MOST
    assert shown["**m49**\n\nfinding 49"] == "closed"
    assert await world.show(head, *graver, *first) == 0
    await world.show(head, *first)
    shown = {text: status for status, text in said(pull_request)}
    assert shown["**m49**\n\nfinding 49"] == "active"
    assert sum(status == "active" for status in shown.values()) == MOST


HOSTILE = {
    "a mention": "mend @<11111111-1111-1111-1111-111111111111> now",
    "an image": "![x](http://evil/x.png)",
    "html": "<script>alert(1)</script><img src=x>",
    "work items": "see #12 and !34",
    "a marker": "<!-- sluss:remark 0123456789abcdef 1 0123456789abcdef -->",
    "code that ends": "``` \n```\n<b>",
    "a table and a heading": "# a\n| b | c |\n---\n1. d",
    "control characters": "a\x00b\x1b[31mc\u202ed",
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_words_of_a_repository_are_no_marks(world, what):
    pull_request, head = world.opened()

    await world.show(head, Remark(text=HOSTILE[what], path="src/train.py", line=1))

    [thread] = threads_of(pull_request)
    text = words(thread)
    unescaped = re.sub(r"\\.", "", text)
    assert not set("<>@![]`|*_~") & set(unescaped)
    assert not any(line.startswith(("#", "|", "-", "1.")) for line in text.splitlines())
    assert all(sign.isprintable() for sign in text.replace("\n", ""))
    assert await world.show(head, Remark(text=HOSTILE[what], path="src/train.py", line=1)) == 0


async def test_two_looks_at_the_same_pull_request_settle_on_one_thread_each(world):
    """Looks take turns (workers/reviews/desk.py); where a lease ran out, the next one mends it."""
    pull_request, head = world.opened()
    other = world.another()
    await asyncio.gather(world.show(head, LINT), other.show_remarks(world.repository, head, [LINT]))

    await world.show(head, LINT)

    assert sum(status == "active" for status, _ in said(pull_request)) == 1
    assert await world.show(head, LINT) == 0


@pytest.mark.parametrize("ends", ["complete", "abandon"])
async def test_a_pull_request_that_has_ended_is_left_alone(world, ends):
    pull_request, head = world.opened()
    await world.show(head, LINT)
    getattr(pull_request, ends)(by=world.anna)

    assert await world.show(head, SECRET) == 0


async def test_a_force_push_meanwhile_leaves_the_older_commit_unsaid(world):
    _, head = world.opened()
    newer = (
        world.churn.push(
            by=world.anna,
            files={"src/train.py": "forced\n"},
            branch="change",
            start=world.churn.head(),
        )
        .ref_updates[0]
        .new
    )

    assert await world.show(head, LINT) == 0
    assert await world.show(newer, LINT) == 1


async def test_several_pull_requests_of_a_commit_are_all_told(world):
    first, head = world.opened()
    world.churn.push(by=world.anna, files={"x": "1"}, branch="release")
    second = world.churn.pull_requests.create("change", by=world.ben, into="release", title="Too")

    assert await world.show(head, LINT) == 2
    assert said(first) == said(second)


async def test_among_hundreds_of_pull_requests_the_one_is_found(world):
    _, head = world.opened()
    for number in range(105):
        world.commit({"x": str(number)}, branch=f"b{number}")
        world.churn.pull_requests.create(f"b{number}", by=world.ben, title="Other")

    assert await world.show(head, LINT) == 1


async def test_a_time_out_after_the_write_was_done_doubles_nothing(world):
    pull_request, head = world.opened()
    world.devops.faults.on("POST", "/threads$", faults.dropped_after(), times=1, skip=1)

    with pytest.raises(UnavailableError):
        await world.show(head, LINT, SECRET, WHOLE)
    assert await world.show(head, LINT, SECRET, WHOLE) == 1
    assert len(said(pull_request)) == 3
