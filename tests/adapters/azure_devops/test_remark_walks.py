"""Random walks: findings come, go, move and change, people close and delete, and lookers die."""

from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.azure_devops.remark_threads import (
    CLOSED,
    FIXED,
    KEY,
    MOST,
    Close,
    Open,
    Reopen,
    Reword,
    changes,
    our_threads,
)
from core.ports import Remark

US, BEN = "5b1ff1ab-2f9b-4a5c-9d3e-0b1f0c9a7e11", "11111111-2222-3333-4444-555555555555"
URL = "http://sluss/releases/churn-1"
REMARKS = st.builds(
    Remark,
    path=st.sampled_from(["", "a.py", "b.py"]),
    line=st.integers(0, 3),
    text=st.sampled_from(["one", "two\nand three", "<!-- sluss:remark -->"]),
    about=st.just(("lint",)),
)
SETS = st.lists(REMARKS, max_size=6, unique_by=lambda each: (each.path, each.line))
ACTS = st.one_of(
    SETS.map(lambda several: ("look", several)),
    st.tuples(st.just("die"), SETS, st.integers(0, 3)),
    st.tuples(
        st.just("person"), st.integers(0, 9), st.sampled_from(["closed", "wontFix", "active"])
    ),
    st.tuples(st.just("delete"), st.integers(0, 9)),
)


class Host:
    """Threads as the SDK brings them, in memory."""

    def __init__(self):
        self.threads = []

    def look(self, remarks, most=10_000):
        """Write what has to be written, at most so many; return how many writes that were."""
        writes = list(changes(remarks, our_threads(self.threads, US), URL))[:most]
        for write in writes:
            self._write(write)
        return len(writes)

    def _write(self, write):
        match write:
            case Open(wanted):
                content = wanted.content(is_at_file=True)
                comment = SimpleNamespace(
                    id=1, author=SimpleNamespace(id=US), content=content, is_deleted=False
                )
                self.threads.append(
                    SimpleNamespace(
                        id=len(self.threads) + 1, status="active", is_deleted=False,
                        comments=[comment], properties={KEY: str(wanted.marker)}, thread_context={},
                    )
                )  # fmt: skip
            case Reword(thread, wanted):
                self.at(thread).comments[0].content = wanted.content(is_at_file=True)
            case Reopen(thread):
                self.at(thread).status = "active"
                self.at(thread).properties[CLOSED] = ""
            case Close(thread, is_fixed):
                self.at(thread).status = FIXED if is_fixed else "closed"
                self.at(thread).properties[CLOSED] = "commit"

    def at(self, thread):
        return self.threads[thread.number - 1]

    def some(self, number):
        return self.threads[number % len(self.threads)] if self.threads else None

    @property
    def open(self):
        return [each for each in self.threads if each.status == "active" and not each.is_deleted]


@settings(max_examples=300, deadline=None)
@given(st.lists(ACTS, max_size=12), SETS)
def test_however_it_came_about_a_look_says_all_once_and_the_next_one_nothing(acts, last):
    host = Host()
    for act in acts:
        match act:
            case ("look", remarks):
                host.look(remarks)
            case ("die", remarks, after):
                host.look(remarks, after)
            case ("person", number, status) if host.some(number):
                host.some(number).status = status
            case ("delete", number) if host.some(number):
                host.some(number).is_deleted = True

    host.look(last)

    assert host.look(last) == 0
    ours = our_threads(host.threads, US)
    for remark in last:
        [said] = list(changes([remark], [], URL))
        mine = [each for each in ours if each.marker.words == said.wanted.marker.words]
        assert mine, "each is said, if only in a thread that somebody has closed"


@settings(max_examples=100, deadline=None)
@given(st.lists(SETS, max_size=8))
def test_while_nobody_else_acts_what_is_open_is_what_was_found(story):
    host = Host()
    for remarks in story:
        host.look(remarks)
        assert len(host.open) == len(remarks)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 3 * MOST), min_size=1, max_size=5))
def test_never_more_are_open_than_people_can_read(sizes):
    host = Host()
    for size in sizes:
        host.look([Remark(text="mend", path=f"m{number}", about=("a",)) for number in range(size)])
        assert len(host.open) == min(size, MOST)


@given(SETS)
def test_threads_of_others_are_never_written_to(remarks):
    host = Host()
    host.look(remarks)
    for thread in host.threads:
        thread.comments[0].author.id = BEN

    assert our_threads(host.threads, US) == []
    assert all(isinstance(each, Open) for each in changes([], our_threads(host.threads, US), URL))
