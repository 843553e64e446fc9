"""Events decode for ever: one golden file per kind, written once and never changed."""

from pathlib import Path

import msgspec
import pytest

from core.events.codec import KINDS, decode, encode, kind

GOLDEN = Path(__file__).parents[2] / "payloads" / "events"
NAMES = {event.__name__ for event in KINDS}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_golden_file_of_every_kind_still_decodes(name):
    data = (GOLDEN / f"{name}.json").read_bytes()
    event = decode(data)

    assert kind(event) == name
    kept = msgspec.json.decode(data)
    now = msgspec.json.decode(encode(event))
    assert common(now, kept) == kept


def common(now, kept):
    """What is there now, without the fields that were added since."""
    if isinstance(kept, dict):
        return {key: common(now[key], value) for key, value in kept.items() if key in now}
    if isinstance(kept, list):
        return [common(one, other) for one, other in zip(now, kept, strict=True)]
    return now


def test_there_is_no_golden_file_of_a_kind_that_we_forgot():
    assert {path.stem for path in GOLDEN.glob("*.json")} == NAMES


def test_what_is_no_event_is_refused():
    with pytest.raises(msgspec.ValidationError):
        decode(b'{"type": "Unheard"}')
