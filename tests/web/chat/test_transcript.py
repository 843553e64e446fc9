"""What was said survives a restart, a crash in the middle of a line, and does not grow for ever."""

import pytest

from core.errors import UnknownNameError
from web.chat.transcript import KEPT, Transcript

NOW = "2026-01-01T00:00:00+00:00"


def said(transcript, room="general", text="hello"):
    return transcript.say(room, by="anna", at=NOW, text=text)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "chat.jsonl"


def test_an_update_stays_in_its_place_and_moves_the_mark(path):
    transcript = Transcript(path)
    first, second = said(transcript), said(transcript)
    transcript.change("general", first.id, text="changed")

    again = Transcript(path)
    assert [one.text for one in again.room("general")] == ["changed", "hello"]
    assert next(again.room("general")).changed > second.position


def test_ids_are_never_given_twice_even_after_an_update(path):
    first = said(Transcript(path))
    transcript = Transcript(path)
    transcript.change("general", first.id, text="changed")

    again = Transcript(path)
    assert said(again).id != first.id
    assert len(list(again.room("general"))) == 2


@pytest.mark.parametrize(
    "cut", [b'{"type":"said","id":"a2","roo', b'{"type":"said","id":"\xc3"}\n']
)
def test_a_line_that_a_crash_has_cut_is_left_out(path, cut):
    said(Transcript(path))
    with path.open("ab") as file:
        file.write(cut)

    again = Transcript(path)
    said(again, text="after")
    assert [one.text for one in Transcript(path).room("general")] == ["hello", "after"]


def test_only_the_newest_are_kept_over_a_restart(path):
    transcript = Transcript(path)
    for number in range(KEPT + 5):
        said(transcript, text=str(number))

    kept = [one.text for one in Transcript(path).room("general")]
    assert (len(kept), kept[0], kept[-1]) == (KEPT, "5", str(KEPT + 4))
    assert len(path.read_bytes().splitlines()) == KEPT


@pytest.mark.parametrize(("room", "activity"), [("general", "a9"), ("approvals", "a1")])
def test_what_was_never_said_there_cannot_be_changed(path, room, activity):
    transcript = Transcript(path)
    said(transcript)

    with pytest.raises(UnknownNameError):
        transcript.change(room, activity, text="x")


def test_reading_again_writes_nothing_new(path):
    transcript = Transcript(path)
    said(transcript)
    transcript.see("bo", "general")
    before = path.read_bytes()
    transcript.see("bo", "general")

    assert path.read_bytes() == before
    assert Transcript(path).seen("bo", "general") == 1
