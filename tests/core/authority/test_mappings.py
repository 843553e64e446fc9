"""Who may say whose an unknown address is: the platform team, not for themselves, or the shell."""

from datetime import UTC, datetime

import msgspec
import pytest

from core.authority.acts import (
    AcceptVersion,
    ApproveStage,
    MapAddress,
    RejectStage,
    RejectVersion,
    RequestStage,
    RetryStep,
    SendAgain,
)
from core.authority.evaluate import may
from core.authority.mappings import LONGEST_ADDRESS, LONGEST_REASON, how_to_map
from core.authority.ruling import Condition
from core.context import Context
from core.desk import Desk, desk_after
from core.events.desk import AddressMapped, LetterBuried
from core.people import UNKNOWN, Person, at_the_command_line
from core.policy import Policy
from core.release.model import Model
from core.words import PLATFORM, ApprovalId, PersonId, ReleaseId, Stage
from tests.core.story import ADA, BEN, EVE, OUT, Story

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
DAG = Person(
    id=PersonId("dag"), name="Dag Holm", emails=("dag@bank.example",), accounts=("BANK\\dag",),
    groups=frozenset({"GBI_Platform "}), same_as=(PersonId("dag-admin"),),
)  # fmt: skip
SECOND_DAG = msgspec.structs.replace(
    DAG, id=PersonId("dag-admin"), emails=(), accounts=(), same_as=(DAG.id,), groups=frozenset()
)
PICKED = msgspec.structs.replace(DAG, identity="local_unverified")
GONE = msgspec.structs.replace(DAG, is_active=False)
SHELL = at_the_command_line("root")
TEAM = ("gbi_platform",)
LEAVER = msgspec.structs.replace(EVE, is_active=False)


def asked(who, /, *, team=TEAM, is_local=False, before=(), **act):
    told = [AddressMapped(id=f"m{n}", time=NOW, by=OUT, **one) for n, one in enumerate(before)]
    context = Context(
        now=NOW, policy=Policy(platform_team=team), is_local=is_local,
        desk=desk_after(Desk(), told),
    )  # fmt: skip
    given = {"address": "ada@home.example", "person": ADA.id, "found": ADA, **act}
    return may(who, MapAddress(**given), Model(stream=PLATFORM), context)


def bar(ruling):
    first = next((part for part in ruling.parts if not part.is_met), None)
    assert bool(ruling.reason) == (first is not None)
    return first.about if first else None


@pytest.mark.parametrize(
    ("person", "options", "expected"),
    [
        (DAG, {}, None),
        (None, {}, None),
        (SHELL, {}, None),
        (SHELL, {"team": ()}, None),
        (PICKED, {"is_local": True}, None),
        (PICKED, {}, Condition.IDENTITY),
        (UNKNOWN, {"is_local": True}, Condition.IDENTITY),
        (GONE, {}, Condition.IDENTITY),
        (ADA, {}, Condition.GROUP),
        (ADA, {"is_local": True}, Condition.GROUP),
        (DAG, {"team": ()}, Condition.GROUP),
        (PICKED, {"team": (), "is_local": True}, Condition.GROUP),
        (DAG, {"team": ("",)}, Condition.GROUP),
        (
            msgspec.structs.replace(DAG, groups=frozenset({""})),
            {"team": ("", " ")},
            Condition.GROUP,
        ),
    ],
)
def test_the_platform_team_or_the_shell_and_on_one_machine_not_anybody(person, options, expected):
    assert bar(asked(person, **options)) == expected


TO_DAG = {"person": DAG.id, "found": DAG}
THEMSELVES = [
    TO_DAG,
    {"person": SECOND_DAG.id, "found": SECOND_DAG},
    {"address": " DAG@bank.example", "owner": DAG},
    {"address": "bank\\DAG", "owner": DAG},
    {"address": "dag", "owner": DAG},
    {"address": "dag-admin", "owner": SECOND_DAG},
    {"before": [{"address": "ADA@home.example", "person": DAG.id}]},
    {"before": [{"address": "ada@home.example", "person": SECOND_DAG.id}]},
    {"before": [{"address": "ada@home.example", "person": DAG.id}], "person": "", "found": None,
     "reason": "a tool"},
]  # fmt: skip


@pytest.mark.parametrize("act", THEMSELVES)
def test_nobody_maps_an_address_to_themselves_or_away_from_themselves(act):
    ruling = asked(DAG, **act)
    assert bar(ruling) == Condition.FOUR_EYES
    assert ruling.who_can == "Another member of gbi_platform can."


def test_another_of_the_team_may_map_it_to_one_of_the_team():
    other = Person(id=PersonId("eli"), name="Eli", groups=frozenset(TEAM))
    assert asked(other, **TO_DAG).is_met
    assert asked(SHELL, **TO_DAG).is_met


SERVICE = r"service_principal\7d1f3c1e-2b60-4a52-9d3a-1f8c2f6b9a01"
BUILD = r"build\2f3d611a-f012-4b39-b157-8db63f380226"
NOTHING = {"person": "", "found": None}


@pytest.mark.parametrize(
    ("act", "expected", "says"),
    [
        ({"address": ""}, Condition.ADDRESS, "it is empty"),
        ({"address": " \t"}, Condition.ADDRESS, "it is empty"),
        ({"address": "a\x1b[2J@b"}, Condition.ADDRESS, "cannot be shown"),
        ({"address": "a\n@b"}, Condition.ADDRESS, "cannot be shown"),
        ({"address": "a\x00"}, Condition.ADDRESS, "cannot be shown"),
        ({"address": "a\u202eb"}, Condition.ADDRESS, "cannot be shown"),
        ({"address": "a\ufffdb"}, Condition.ADDRESS, "cannot be shown"),
        ({"address": "a" * LONGEST_ADDRESS}, None, ""),
        ({"address": "a" * (LONGEST_ADDRESS + 1)}, Condition.ADDRESS, "at most 320"),
        ({"address": "ben@b", "owner": BEN}, Condition.ADDRESS, "that of Ben (ben). Nothing"),
        ({"address": "ben@b", "owner": BEN, "person": BEN.id, "found": BEN}, Condition.ADDRESS, ""),
        ({"address": "eve@b", "owner": LEAVER}, Condition.ADDRESS, "that of Eve (eve)"),
        ({"person": "zz", "found": None}, Condition.PERSON, "nobody by 'zz'"),
        ({"person": "zz", "found": ADA}, Condition.PERSON, "nobody by 'zz'"),
        ({"person": EVE.id, "found": LEAVER}, None, ""),
        (NOTHING, Condition.WORDS, "needs a reason"),
        (NOTHING | {"reason": "  "}, Condition.WORDS, "needs a reason"),
        (NOTHING | {"reason": "left in May"}, None, ""),
        (NOTHING | {"reason": "a tool", "address": SERVICE}, Condition.PERSON, "never nobody's"),
        (NOTHING | {"reason": "a tool", "address": BUILD}, Condition.PERSON, "a build service"),
        ({"address": SERVICE}, None, ""),
        ({"reason": "x" * (LONGEST_REASON + 1)}, Condition.WORDS, "at most 2000"),
        ({"before": [{"address": "ada@home.example", "person": BEN.id}]}, None, ""),
    ],
)
@pytest.mark.parametrize("person", [DAG, SHELL], ids=["dag", "shell"])
def test_what_can_be_mapped_to_whom(person, act, expected, says):
    ruling = asked(person, **act)
    assert bar(ruling) == expected
    assert says in ruling.reason


def test_a_stranger_does_not_hear_whose_an_address_is():
    assert "Ben" not in asked(OUT, address="ben@b", owner=BEN).reason


def test_without_a_platform_team_it_says_what_to_set_and_where_it_can_be_done_now():
    ruling = asked(DAG, team=())
    assert "policy.yml names no platform team" in ruling.reason
    assert "`platform_team: [<group>]` in policy.yml" in ruling.who_can
    assert "at the command line: `sluss people` says how" in ruling.who_can


@pytest.mark.parametrize(
    ("address", "team", "says"),
    [
        ("x@y", TEAM, "A member of gbi_platform maps it: `people map x@y PERSON`, or"),
        ("x@y", ("a", "b"), "A member of a or b maps it"),
        (
            "x@y",
            (),
            "at the command line: `sluss people map x@y PERSON`, or `sluss people map --nobody REASON x@y`",
        ),
        ("x@y", ("",), "at the command line: `sluss people map x@y PERSON`"),
        ("a b@y", TEAM, '`people map "a b@y" PERSON`'),
        ("a b@y", (), "`sluss people map 'a b@y' PERSON`"),
        (
            "-x@y",
            (),
            "`sluss people map -- -x@y PERSON`, or `sluss people map --nobody REASON -- -x@y`",
        ),
        ("`x`\n**y**", TEAM, "\N{REPLACEMENT CHARACTER}x"),
    ],
)
def test_how_to_map_is_one_sentence_that_can_be_copied(address, team, says):
    told = how_to_map(address, Context(now=NOW, policy=Policy(platform_team=team)))
    assert says in told
    assert "\n" not in told
    assert told.endswith(".")
    assert len(how_to_map("x" * 5000, Context(now=NOW, policy=Policy()))) < 1000


@pytest.mark.parametrize("team", [TEAM, ()])
def test_a_service_is_mapped_to_whoever_answers_for_it_and_never_to_nobody(team):
    told = how_to_map(SERVICE, Context(now=NOW, policy=Policy(platform_team=team)))
    assert "whoever answers for it" in told
    assert "nobody" not in told
    assert SERVICE in told


RELEASE = ReleaseId("loan-1")
OTHER_ACTS = [
    AcceptVersion(release=RELEASE), RejectVersion(release=RELEASE, reason="no"),
    RetryStep(release=RELEASE), RequestStage(release=RELEASE, stage=Stage.QA),
    ApproveStage(release=RELEASE, approval=ApprovalId("a")),
    RejectStage(release=RELEASE, approval=ApprovalId("a"), reason="no"),
    SendAgain(letter="steps/m"),
]  # fmt: skip


@pytest.mark.parametrize("is_local", [True, False])
@pytest.mark.parametrize("act", OTHER_ACTS, ids=lambda act: f"{act.name}")
def test_the_command_line_may_nothing_else(act, is_local):
    story = Story(is_local=is_local, policy=Policy(platform_team=("credit",))).push(1)
    buried = LetterBuried(id="b", time=NOW, queue="steps", message="m", reason="a bug")
    context = msgspec.structs.replace(story.context, desk=desk_after(Desk(), [buried]))
    shell = msgspec.structs.replace(SHELL, groups=frozenset({"credit", "approvers"}))
    ruling = may(shell, act, story.model, context)

    assert not ruling.is_met
    assert ruling.part(Condition.IDENTITY) is not None
    assert not ruling.part(Condition.IDENTITY).is_met
