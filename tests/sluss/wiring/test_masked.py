"""A secret of ours that somebody wrote into a text shows nowhere."""

from datetime import UTC, datetime

import msgspec
import pytest

from adapters.local_files.evidence import EvidenceFolder
from core.card import Banner, Card, Cell, Dated, Facts, Table, Text, Tone
from core.ports import CommitState, CommitStatus, RanTest, Remark, TestsOfCommit
from core.scrub import KnownSecrets
from sluss.wiring.masked import (
    MaskedCheckpoints,
    MaskedEvidence,
    MaskedReviews,
    masked_card,
)
from tests.adapters.azure_devops.approvals_world import decision

SECRET = 'swordfish"of/the-hook'
KNOWN = KnownSecrets([SECRET])


async def test_evidence_does_not_keep_it(tmp_path):
    evidence = MaskedEvidence(EvidenceFolder(tmp_path), KNOWN)
    blob = await evidence.keep(b'{"comment": "it is swordfish\\"of/the-hook"}')
    assert await evidence.read(blob) == b'{"comment": "it is ***"}'


async def test_what_holds_none_is_kept_byte_by_byte(tmp_path):
    evidence = MaskedEvidence(EvidenceFolder(tmp_path), KNOWN)
    data = bytes(range(256)) * 9
    assert await evidence.read(await evidence.keep(data)) == data


def a_card(text):
    table = Table(("a", "b"), ((Cell(text), Cell("c")),))
    return Card(summary=text, body=(Text(text), Facts((("Reason", text),)), table))


def test_no_part_of_a_card_shows_it():
    assert masked_card(a_card(f"it is {SECRET}!"), KNOWN) == a_card("it is ***!")


@pytest.mark.parametrize("word", ["summary", "banner", '{"type":', '"type"', "attention", "123456"])
def test_a_secret_that_is_a_word_of_the_form_spoils_no_card(word):
    """Nobody should choose one; if somebody does, the bot still speaks."""
    card = Card(summary=f"it is {word}", body=(Banner(f"{word}, too", Tone.BAD),))
    found = masked_card(card, KnownSecrets([word]))
    assert found == Card(summary="it is ***", body=(Banner("***, too", Tone.BAD),))


def test_a_text_with_a_moment_hides_it_and_keeps_the_moment():
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    found = masked_card(a_card(Dated(f"by {SECRET} since ", noon)), KNOWN)

    assert found == a_card("by *** since 2026-03-02 12:00 UTC")
    assert found.body[0].text.parts == ("by *** since ", noon)
    begun, end = SECRET[:4], SECRET[4:]
    assert masked_card(a_card(Dated(begun, end, noon)), KNOWN).summary.startswith("***2026")


class Host:
    """A host of git that keeps what it is told."""

    def __init__(self):
        self.told = []

    async def show_status(self, *told):
        self.told.append(told)

    show_remarks = publish_tests = answer = show_status


async def test_nothing_that_the_host_of_git_is_told_shows_it():
    host = Host()
    reviews = MaskedReviews(host, KNOWN)
    status = CommitStatus(state=CommitState.FAILED, text=f"it is {SECRET}", url="http://sluss")
    remark = Remark(text=f"take out {SECRET}", path="a.py", line=3, about=("secrets",))
    tests = TestsOfCommit(
        name="loan-1", files={"junit.xml": f"<a>{SECRET}</a>".encode()}, covered=1, statements=2,
        tests=(RanTest("test_a", message=f"{SECRET} is wrong"),),
    )  # fmt: skip

    await reviews.show_status("r", "c", status)
    await reviews.show_remarks("r", "c", [remark], "http://sluss")
    await reviews.publish_tests("r", "c", tests)
    await reviews.answer("r", 1, 2, 3, f"{SECRET}!")

    assert SECRET not in repr(host.told)
    assert host.told[0][2] == msgspec.structs.replace(status, text="it is ***")
    assert host.told[1][2] == [msgspec.structs.replace(remark, text="take out ***")]
    assert (host.told[2][2].files, host.told[2][2].statements) == ({"junit.xml": b"<a>***</a>"}, 2)
    assert host.told[3] == ("r", 1, 2, 3, "***!")


async def test_what_holds_none_is_told_as_it_is():
    host, remark = Host(), Remark(text="mend it", path="a.py", line=3)

    await MaskedReviews(host, KNOWN).show_remarks("r", "c", [remark])

    assert host.told == [("r", "c", [remark], "")]


async def test_a_reason_says_no_secret_to_a_pipeline():
    class Pipelines:
        async def answer(self, shown, decision):
            return decision.comment

    said = decision(comment=f"the key is {SECRET}")
    assert await MaskedCheckpoints(Pipelines(), KNOWN).answer(None, said) == "the key is ***"
