"""Views and presses for card tests: the story makes the state, the card is pressed by its title."""

from collections.abc import Iterator

from bot.cards.approval import ApprovalView, Deciders
from bot.cards.request import RequestView
from bot.since_champion import Changes
from bot.view import View
from core.card import Banner, Card, Element, Facts, Heading, Section, Table, Text, TextInput
from core.conversation import Click
from core.gate.checks import CheckResult, Finding, Status
from core.people import Person
from core.release.release import Release
from core.results import Author, Checked, Commit
from core.words import Stage
from tests.core.story import ADA, Story

PAGES = "http://127.0.0.1:8300"
NAMED = Checked(
    checks=(),
    model="loan_default",
    team="credit",
    libraries=("numpy==1.26.4", "scikit-learn==1.5.0"),
    variables={"CATEGORY": "retail"},
    authors=(Author("ada@example.org", "Ada", "ada"),),
)
CHANGES = Changes(
    commits=(Commit(id="f" * 40, author=Author("ada@example.org", "Ada"), subject="Refit"),),
    files=("src/train.py", "requirements.txt"),
    commit_count=1,
    file_count=2,
)


def found(count: int, check: str = "variables", priority: int = 1) -> CheckResult:
    findings = tuple(
        Finding("model_variables.yml", f"mend thing {n}", "is blank", n)
        for n in range(1, count + 1)
    )
    return CheckResult(
        check=check, title="The variables are right", owner="GBI", priority=priority,
        status=Status.FOUND, findings=findings,
    )  # fmt: skip


def view(story: Story, release: Release | None = None) -> View:
    return View(
        model=story.model, release=release or story.release, context=story.context, page_url=PAGES
    )


def request_view(story: Story, stage: Stage) -> RequestView:
    return RequestView(
        model=story.model, release=story.release, context=story.context,
        page_url=PAGES, stage=stage,
    )  # fmt: skip


def approval_view(story: Story, stage: Stage, changes: Changes = CHANGES) -> ApprovalView:
    return ApprovalView(
        model=story.model, release=story.release, context=story.context,
        page_url=PAGES, promotion=story.release.promotion_to(stage),
        changes=changes,
        deciders=Deciders(
            groups=("approvers",), may=("Eve",), may_not=(("Ada", "pushed this commit"),)
        ),
    )  # fmt: skip


def in_production(auc: float = 0.7, checked: Checked = NAMED) -> Story:
    story = Story(is_local=True).push(1).to_registered("1", checked)
    story = story.promoted(Stage.QA)
    return story.promoted(Stage.PROD)


def words(card: Card) -> str:
    """Everything that can be read on the card, closed sections too."""
    return "\n".join(line for part in card.body for line in _lines(part))


def in_sight(card: Card) -> str:
    """What can be read before anything is opened."""
    shown = [part for part in card.body if not isinstance(part, Section) or part.is_open]
    return "\n".join(line for part in shown for line in _lines(part))


def verdict(card: Card) -> Banner:
    return next(part for part in card.body if isinstance(part, Banner))


def titles(card: Card) -> list[str]:
    return [button.title for button in card.buttons]


def press(
    card: Card, title: str, person: Person = ADA, *, press_id: str = "press-1", **typed: str
) -> Click:
    """As the surface sends it back: the button's data, and what was typed unless it goes without."""
    pressed = next(button for button in card.buttons if button.title == title)
    inputs = {part.id for part in card.body if isinstance(part, TextInput)}
    assert set(typed) <= inputs, f"the card has no input for {set(typed) - inputs}"
    sent = typed if pressed.needs_inputs else {}
    return Click(id=press_id, person=person, verb=pressed.verb, data={**pressed.data, **sent})


def _lines(part: Element) -> Iterator[str]:
    match part:
        case Heading() | Text() | Banner():
            yield part.text
        case Facts():
            yield from (f"{name}: {value}" for name, value in part.rows)
        case Table():
            yield " | ".join(part.header)
            yield from (" | ".join(cell.text for cell in row) for row in part.rows)
        case TextInput():
            yield part.label
        case Section():
            yield part.title
            for inner in part.body:
                yield from _lines(inner)
