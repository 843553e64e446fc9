"""Who may send a dead letter again: nobody, unless policy names the platform team; locally anybody."""

from datetime import UTC, datetime

import msgspec
import pytest

from core.authority.acts import SendAgain
from core.authority.evaluate import may
from core.authority.ruling import Condition
from core.context import Context
from core.desk import Desk, desk_after
from core.events.desk import LetterBuried
from core.people import UNKNOWN
from core.policy import Policy
from core.release.model import Model
from core.words import PLATFORM
from tests.core.story import ADA, OUT

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
BURIED = LetterBuried(id="b", time=NOW, queue="steps", message="m", reason="a bug")
PICKED = msgspec.structs.replace(OUT, identity="local_unverified")
NIL = msgspec.structs.replace(ADA, groups=frozenset({"", " "}))
GONE = msgspec.structs.replace(ADA, is_active=False)
TEAM = ("Credit", "gbi")  # Ada is of credit: groups are compared without case


def asked(person, *, team=TEAM, is_local=False, letter="steps/m"):
    context = Context(
        now=NOW, policy=Policy(platform_team=team), is_local=is_local,
        desk=desk_after(Desk(), [BURIED]),
    )  # fmt: skip
    return may(person, SendAgain(letter=letter), Model(stream=PLATFORM), context)


@pytest.mark.parametrize(
    ("person", "options", "bar"),
    [
        (ADA, {}, None),
        (None, {}, None),
        (OUT, {}, Condition.GROUP),
        (PICKED, {}, Condition.IDENTITY),
        (UNKNOWN, {}, Condition.IDENTITY),
        (GONE, {}, Condition.IDENTITY),
        (GONE, {"is_local": True}, Condition.IDENTITY),
        (ADA, {"team": ()}, Condition.GROUP),
        (None, {"team": ()}, Condition.GROUP),
        (PICKED, {"team": (), "is_local": True}, None),
        (OUT, {"is_local": True}, None),
        (UNKNOWN, {"is_local": True}, Condition.IDENTITY),
        (NIL, {"team": ("", " ")}, Condition.GROUP),
        (ADA, {"letter": "steps/other"}, Condition.OPEN),
        (ADA, {"letter": ""}, Condition.OPEN),
    ],
)
def test_who_may_send_it_again(person, options, bar):
    ruling = asked(person, **options)
    first = next((part for part in ruling.parts if not part.is_met), None)

    assert (first.about if first else None) == bar
    assert bool(ruling.reason) == (bar is not None)


def test_who_may_not_hears_who_can_and_where_nobody_may_what_to_set():
    assert asked(OUT).who_can == "A member of Credit or gbi can."
    refused = asked(ADA, team=())
    assert "policy.yml names no platform team" in refused.reason
    assert "`platform_team: [<group>]`" in refused.who_can
