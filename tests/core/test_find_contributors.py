"""Who had a hand in a release, told by real git, the ledger, the directory and what was mapped."""

from datetime import UTC, datetime

import msgspec
import pytest

from adapters.bare_repositories.host import BareRepositories
from adapters.bare_repositories.install_hook import FOLDER
from adapters.bare_repositories.reviews import BareReviews
from adapters.local_files.people import PeopleFile, local_person
from core.checkpoint import WaitingRun
from core.context import Context
from core.contributors import Contributors, Part
from core.counted_change import release_change, run_change
from core.desk import Desk, Mapped
from core.events.outside import CodePushed, PullRequestChanged
from core.find_contributors import FindContributors
from core.people import Person, at_the_command_line
from core.policy import Policy
from core.ports import BringingPullRequest
from core.release.model import Model
from core.words import PLATFORM, PersonId, Stage
from tests.adapters.bare_repositories.bare_world import BareWorld, git
from tests.core.story import ADA, EVE, Story

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
PEOPLE = PeopleFile(
    local_person(name, name.title(), [f"{name}@bank.example"], ["credit"])
    for name in ("astrid", "bo", "carin", "dag", "mallory")
)
ASTRID, BO, CARIN, DAG = (
    (name.title(), f"{name}@bank.example") for name in ("astrid", "bo", "carin", "dag")
)
STRANGER = ("Stranger", "stranger@elsewhere.example")


class Opened:
    """The pull requests of a host: who opened those that brought a commit."""

    def __init__(self) -> None:
        self.by: dict[str, tuple[BringingPullRequest, ...]] = {}

    async def pull_requests_of(self, _repository, commits):
        return {commit: self.by[commit] for commit in commits if commit in self.by}


class Found:
    def __init__(self, tmp_path) -> None:
        self.git, self.reviews, self.story = BareWorld(tmp_path), Opened(), Story()
        self.desk, self.policy = Desk(), Policy()
        host = BareRepositories({"r1": self.git.folder}.get)
        self.find = FindContributors(host, self.reviews, PEOPLE)

    def push(self, number: int, commit: str, pusher: str = "astrid", branch: str = "main"):
        """Tell the story of a push whose commit is a real one."""
        story = self.story.push(number, branch, pusher)
        releases = {
            key: msgspec.structs.replace(each, commit=commit) if each.push_id == number else each
            for key, each in story.model.releases.items()
        }
        pushers = {commit: (pusher,), **story.model.pushers}
        story.model = msgspec.structs.replace(story.model, releases=releases, pushers=pushers)

    def map(self, address: str, person: str = "", reason: str = "", by: Person = ADA) -> None:
        mapped = Mapped(address=address, person=PersonId(person), reason=reason, by=by, since=NOW)
        mappings = {**self.desk.mappings, address: mapped}
        self.desk = msgspec.structs.replace(self.desk, mappings=mappings)

    async def now(self, stage: Stage = Stage.QA) -> Contributors:
        model = self.story.model
        context = Context(now=NOW, policy=self.policy, desk=self.desk)
        return await self.find(release_change(model, self.story.release, stage), context)

    async def who(self, stage: Stage = Stage.QA) -> set[tuple[str, str]]:
        """Each part with the person, or with ``?`` and the name of whom nobody knows."""
        found = (await self.now(stage)).found
        return {(each.part, each.person or f"?{each.name}") for each in found}


@pytest.fixture
def found(tmp_path):
    return Found(tmp_path)


async def test_authors_and_committers_and_whom_a_trailer_names(found):
    subject = "Mend\n\nCo-authored-by: Carin <carin@bank.example>"
    found.push(1, found.git.commit({"a": b"1"}, subject=subject, author=BO, committer=ASTRID))
    assert await found.who() == {
        (Part.AUTHOR, "bo"), (Part.COMMITTER, "astrid"),
        (Part.TRAILER, "carin"), (Part.PUSHER, "astrid"),
    }  # fmt: skip


async def test_a_trailer_that_names_nobody_stops_nothing(found):
    subject = "Mend\n\nSigned-off-by: X <stranger@elsewhere.example>"
    found.push(1, found.git.commit({"a": b"1"}, subject=subject, author=BO, committer=BO), "bo")
    assert (await found.now()).unknown() == ()


async def test_an_author_whom_the_directory_does_not_know_is_unknown(found):
    commit = found.git.commit({"a": b"1"}, author=STRANGER, committer=BO)
    found.push(1, commit, "bo")
    [unknown] = (await found.now()).unknown()
    assert (unknown.name, unknown.commit) == ("stranger@elsewhere.example", commit)


async def test_an_address_that_was_mapped_belongs_to_its_person(found):
    found.push(1, found.git.commit({"a": b"1"}, author=STRANGER, committer=BO), "bo")
    found.map("stranger@elsewhere.example", "carin")
    assert (Part.AUTHOR, "carin") in await found.who()


async def test_behind_an_address_there_may_be_nobody_any_more(found):
    found.push(1, found.git.commit({"a": b"1"}, author=STRANGER, committer=BO), "bo")
    found.map("stranger@elsewhere.example", reason="left in May")
    assert (await found.now()).unknown() == ()


async def test_who_said_whose_an_address_is_may_be_hiding_their_own(found):
    found.push(1, found.git.commit({"a": b"1"}, author=STRANGER, committer=BO), "bo")
    found.map("stranger@elsewhere.example", reason="a tool")
    assert (Part.MAPPER, "ada") in {(each.part, each.person) for each in (await found.now()).found}


async def test_at_the_command_line_nobody_said_it_whom_the_directory_knows(found):
    found.push(1, found.git.commit({"a": b"1"}, author=STRANGER, committer=BO), "bo")
    found.map("stranger@elsewhere.example", reason="a tool", by=at_the_command_line("root"))
    counted = await found.now()
    assert counted.unknown() == ()
    assert Part.MAPPER not in {each.part for each in counted.found}


@pytest.mark.parametrize("name", ["bo@bank.example", "carin@home.example"])
async def test_a_mapping_that_was_not_needed_bars_nobody(found, name):
    """The directory knows the one, and a trailer with the other is text that anybody writes."""
    subject = "Mend\n\nCo-authored-by: Carin <carin@home.example>"
    found.push(1, found.git.commit({"a": b"1"}, subject=subject, author=BO, committer=BO), "bo")
    found.map(name, "carin")
    assert Part.MAPPER not in {each.part for each in (await found.now()).found}


async def test_a_mapping_never_hides_whom_the_directory_knows(found):
    found.push(1, found.git.commit({"a": b"1"}, author=BO, committer=BO), "bo")
    found.map("bo@bank.example", "carin")
    assert {(Part.AUTHOR, "bo"), (Part.AUTHOR, "carin")} <= await found.who()


async def test_the_pusher_of_an_earlier_commit_of_a_superseded_release(found):
    found.push(1, found.git.commit({"a": b"1"}, author=BO, committer=BO), "mallory")
    found.push(2, found.git.commit({"a": b"2"}, author=BO, committer=BO), "bo")
    assert {(Part.PUSHER, "mallory"), (Part.PUSHER, "bo")} <= await found.who()


async def test_the_pusher_of_a_feature_branch_that_was_merged(found):
    feature = found.git.commit({"a": b"1"}, author=BO, committer=BO)
    found.push(1, feature, "mallory", "feature")
    found.push(2, found.git.commit({"a": b"2"}, author=BO, committer=BO), "bo")
    assert (Part.PUSHER, "mallory") in await found.who()


async def test_who_pushed_a_commit_with_others_of_which_main_took_only_that_one(found):
    first = found.git.commit({"a": b"1"}, author=BO, committer=BO)
    found.story.tell(
        CodePushed(
            id="ado/r1/1/refs/heads/topic", time=NOW, repository="r1", branch="topic",
            commit="b" * 40, commits=("b" * 40, first), pusher="mallory", push_id=1,
        )
    )  # fmt: skip
    found.push(2, first, "bo")
    assert (Part.PUSHER, "mallory") in await found.who()


async def test_whom_the_host_remembers_as_the_pusher_of_a_commit(found):
    first = found.git.commit({"a": b"1"}, author=BO, committer=BO)
    found.push(1, found.git.commit({"a": b"2"}, author=BO, committer=BO), "bo")
    (found.git.folder / FOLDER).mkdir()
    (found.git.folder / FOLDER / "pushed").write_text(f"{first} mallory@bank.example\n")
    assert (Part.PUSHER, "mallory") in await found.who()


async def test_a_pusher_whom_nobody_knows_is_unknown(found):
    found.push(1, found.git.commit({"a": b"1"}, author=BO, committer=BO), r"BANK\nobody")
    assert (await found.now()).unknown()[0].name == r"bank\nobody"


async def test_for_a_build_service_a_person_answers(found):
    service = "Project Collection Build Service (bank)"
    found.push(1, found.git.commit({"a": b"1"}, author=BO, committer=BO), service)
    assert (await found.now()).unknown()
    found.policy = Policy(build_services={service.upper(): "dag"})
    assert (Part.PUSHER, "dag") in await found.who()


SERVICES = [
    r"service_principal\7d1f3c1e-2b60-4a52-9d3a-1f8c2f6b9a01",
    r"Build\2f3d611a-f012-4b39-b157-8db63f380226",
    r"host_service\7d1f3c1e-2b60-4a52-9d3a-1f8c2f6b9a01",
]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_is_nobody_whom_we_know_until_somebody_answers_for_it(found, service):
    found.push(1, found.git.commit({"a": b"1"}, author=BO, committer=BO), service)
    assert [each.name for each in (await found.now()).unknown()] == [service.casefold()]
    found.map(service.casefold(), reason="a tool")
    assert [each.name for each in (await found.now()).unknown()] == [service.casefold()]
    found.policy = Policy(build_services={service: "dag"})
    assert (Part.PUSHER, "dag") in await found.who()
    assert not (await found.now()).unknown()


MERGES = {"by the source commit": "commit", "by the merge commit": "merge_commit"}


@pytest.mark.parametrize("field", MERGES.values(), ids=MERGES)
async def test_who_opened_the_pull_request_that_brought_a_commit(found, field):
    commit = found.git.commit({"a": b"1"}, author=BO, committer=BO)
    found.push(1, commit, "bo")
    told = {"commit": "", "merge_commit": "", "commits": (), field: commit}
    found.story.tell(
        PullRequestChanged(
            id="pr", time=NOW, repository="r1", pull_request=7, creator="carin@bank.example",
            source_branch="topic", target_branch="main", status="completed", **told,
        )
    )  # fmt: skip
    assert (Part.CREATOR, "carin") in await found.who()


async def test_who_pushed_what_a_squash_has_made_into_one_commit(found):
    """Its author is who completed it, and the commits of the branch are in no history."""
    found.story.push(7, "topic", "mallory").push(8, "deeper", "dag")
    topic, deeper = f"{7:040x}", f"{8:040x}"
    squash = found.git.commit({"a": b"1"}, author=BO, committer=BO)
    for number, made, of in ((1, topic, deeper), (2, squash, topic)):
        found.story.tell(
            PullRequestChanged(
                id=f"pr/{number}", time=NOW, repository="r1", pull_request=number, creator="bo",
                source_branch="x", target_branch="y", commit=of, merge_commit=made,
            )
        )  # fmt: skip
    found.push(9, squash, "bo")
    assert {(Part.PUSHER, "mallory"), (Part.PUSHER, "dag")} <= await found.who()


async def test_who_wrote_or_pushed_an_earlier_commit_of_what_a_squash_has_made_into_one(found):
    """The pull request tells of the branch's head alone, and nobody else of what lies behind it."""
    found.push(1, found.git.commit({"a": b"1"}, author=DAG, committer=DAG), "dag")
    found.story.to_registered().promoted(Stage.QA)
    first = found.git.commit({"a": b"2"}, author=CARIN, committer=BO)
    topic = found.git.commit({"a": b"3"}, author=BO, committer=BO)
    found.push(2, first, "mallory", "topic")
    found.push(3, topic, "bo", "topic")
    tree = git(found.git.folder, "ls-tree", topic).encode() + b"\n"
    squash = found.git.commit_tree(tree, git(found.git.folder, "rev-parse", f"{first}^"))
    found.story.tell(
        PullRequestChanged(
            id="pr", time=NOW, repository="r1", pull_request=7, creator="bo",
            source_branch="topic", target_branch="main", commit=topic, merge_commit=squash,
        )
    )  # fmt: skip
    found.push(4, squash, "bo")
    who = await found.who()
    assert {(Part.AUTHOR, "carin"), (Part.PUSHER, "mallory")} <= who
    assert (Part.AUTHOR, "dag") not in who


async def test_who_opened_it_as_the_host_says(found):
    commit = found.git.commit({"a": b"1"}, author=BO, committer=BO)
    found.push(1, commit, "bo")
    assert (Part.CREATOR, "carin") not in await found.who()
    found.reviews.by[commit] = (
        BringingPullRequest(creator="carin@bank.example"),
    )  # the pull request came late
    assert (Part.CREATOR, "carin") in await found.who()


async def test_who_wrote_what_the_host_says_was_squashed_although_no_delivery_told_of_it(found):
    first = found.git.commit({"a": b"1"}, author=DAG, committer=DAG)
    topic = found.git.commit({"a": b"2"}, author=CARIN, committer=CARIN)
    tree = git(found.git.folder, "ls-tree", topic).encode() + b"\n"
    squash = found.git.commit_tree(tree, first)
    opened = BringingPullRequest(creator="bo@bank.example", source=topic, landed=squash)
    found.push(1, squash, "bo")
    assert "carin" not in {person for _, person in await found.who()}
    found.reviews.by[squash] = (opened,)
    assert (Part.AUTHOR, "carin") in await found.who()


async def test_of_a_squashed_branch_only_its_own_commits_are_read(found, monkeypatch):
    """Else each would bring the whole history before it, again and again."""
    monkeypatch.setattr("core.find_contributors.MOST_COMMITS", 3)
    for number in range(2):
        before = found.git.commit({"a": bytes([number])}, author=BO, committer=BO)
    found.git.commit({"b": b"1"}, author=CARIN, committer=CARIN)
    topic = found.git.commit({"b": b"2"}, author=DAG, committer=DAG)
    tree = git(found.git.folder, "ls-tree", topic).encode() + b"\n"
    squash = found.git.commit_tree(tree, before)
    opened = BringingPullRequest(creator="bo@bank.example", source=topic, landed=squash)
    found.reviews.by[squash] = (opened,)
    found.push(1, squash, "bo")
    assert (await found.now()).problem == ""
    assert {(Part.AUTHOR, "carin"), (Part.AUTHOR, "dag")} <= await found.who()


async def test_only_what_came_since_the_placed_release_is_counted(found):
    found.push(1, found.git.commit({"a": b"1"}, author=CARIN, committer=CARIN), "carin")
    found.story.to_registered().promoted(Stage.QA)
    found.push(2, found.git.commit({"a": b"2"}, author=BO, committer=BO), "bo")
    counted = await found.now(Stage.QA)
    assert (counted.commits, {each.person for each in counted.found}) == (1, {"bo"})
    in_all = await found.now(Stage.PROD)  # nothing was placed there
    assert {"carin", "bo"} <= {each.person for each in in_all.found}


async def test_a_version_that_somebody_moved_by_hand_is_no_base(found):
    found.push(1, found.git.commit({"a": b"1"}, author=CARIN, committer=CARIN), "carin")
    found.story.to_registered().promoted(Stage.QA)
    found.push(2, found.git.commit({"a": b"2"}, author=ASTRID, committer=ASTRID), "astrid")
    found.story.to_registered("2").observe(QA="2")
    found.push(3, found.git.commit({"a": b"3"}, author=BO, committer=BO), "bo")
    assert {(Part.AUTHOR, "astrid"), (Part.AUTHOR, "bo")} <= await found.who(Stage.QA)


async def test_a_release_that_comes_back_is_counted_anew_since_when_it_was_asked_for(found):
    """Its pull request may be told of only now, and is that of an earlier commit."""
    base = found.git.commit({"a": b"0"}, author=ASTRID, committer=ASTRID)
    earlier = found.git.commit({"a": b"1"}, author=CARIN, committer=CARIN)
    found.story.model = msgspec.structs.replace(found.story.model, bases={Stage.QA: base})
    found.push(1, found.git.commit({"a": b"2"}, author=BO, committer=BO), "bo")
    found.story.contributors = await found.now()
    found.story.to_registered().request(Stage.QA).approve(EVE)
    bases = {Stage.QA: found.git.commit({"a": b"3"}, author=BO, committer=BO)}
    found.story.model = msgspec.structs.replace(found.story.model, bases=bases)
    found.story.tell(
        PullRequestChanged(
            id="late", time=NOW, repository="r1", pull_request=7, creator="dag",
            source_branch="topic", target_branch="main", merge_commit=earlier,
        )
    )  # fmt: skip
    who = await found.who()
    assert {(Part.AUTHOR, "carin"), (Part.CREATOR, "dag")} <= who
    assert (Part.AUTHOR, "astrid") not in who


async def test_a_branch_that_was_set_back_or_made_again_keeps_its_hands(found):
    """What it brings lies behind the base: it was placed with another release, not with this."""
    first = found.git.commit({"a": b"1"}, author=CARIN, committer=CARIN)
    found.push(1, first, "bo")
    found.push(2, found.git.commit({"a": b"2"}, author=BO, committer=BO), "bo")
    found.story.to_registered().promoted(Stage.QA)
    found.push(3, first, "bo")
    assert (Part.AUTHOR, "carin") in await found.who()


async def test_a_release_that_was_overtaken_is_counted_since_what_was_placed_before_it(found):
    found.push(1, found.git.commit({"a": b"1"}, author=ASTRID, committer=ASTRID), "astrid")
    found.story.to_registered().promoted(Stage.QA)
    found.push(2, found.git.commit({"a": b"2"}, author=CARIN, committer=CARIN), "carin")
    overtaken = found.story.model
    found.push(3, found.git.commit({"a": b"3"}, author=BO, committer=BO), "bo")
    found.story.to_registered("3").promoted(Stage.QA)
    model, before = found.story.model, overtaken.releases["loan-2"]
    releases = {**model.releases, "loan-2": before}
    model = msgspec.structs.replace(model, releases=releases)
    context = Context(now=NOW, policy=found.policy, desk=found.desk)
    counted = await found.find(release_change(model, before, Stage.QA), context)
    assert (counted.commits, {each.person for each in counted.found}) == (1, {"carin"})


async def test_after_a_fall_back_what_is_not_in_force_any_more_is_counted_again(found):
    found.push(1, found.git.commit({"a": b"1"}, author=CARIN, committer=CARIN), "carin")
    found.story.to_registered("1").promoted(Stage.QA)
    found.push(2, found.git.commit({"a": b"2"}, author=ASTRID, committer=ASTRID), "astrid")
    found.story.to_registered("2").promoted(Stage.QA).observe(QA="1")
    found.push(3, found.git.commit({"a": b"3"}, author=BO, committer=BO), "bo")
    counted = await found.now(Stage.QA)
    assert (counted.commits, {each.person for each in counted.found}) == (2, {"astrid", "bo"})


async def test_where_no_commit_can_be_read_nobody_is_told_at_all(found):
    """Those few who are known otherwise would look like everybody who had a hand in it."""
    found.story.push(1, "main", "bo")
    counted = await found.now()
    assert "no longer in the repository" in counted.problem
    assert counted.found == ()


async def test_a_history_that_is_cut_off_is_a_problem_until_the_rest_is_there(found):
    first = found.git.commit({"a": b"1"}, author=CARIN, committer=CARIN)
    found.push(1, found.git.commit({"a": b"2"}, author=BO, committer=BO), "bo")
    shallow = found.git.folder / "shallow"
    shallow.write_text(f"{found.story.release.commit}\n")  # as `git clone --depth 1` leaves it
    assert "cut off" in (await found.now()).problem
    found.story.model = msgspec.structs.replace(found.story.model, bases={Stage.QA: first})
    shallow.write_text(f"{first}\n")
    assert (await found.now()).problem == ""  # all since the base is there
    found.story.model = msgspec.structs.replace(found.story.model, bases={})
    shallow.unlink()
    assert (Part.AUTHOR, "carin") in await found.who()


async def test_a_graft_hides_nobody(found):
    found.git.commit({"a": b"1"}, author=CARIN, committer=CARIN)
    found.push(1, found.git.commit({"a": b"2"}, author=BO, committer=BO), "bo")
    (found.git.folder / "info").mkdir(exist_ok=True)
    (found.git.folder / "info" / "grafts").write_text(f"{found.story.release.commit}\n")
    assert (Part.AUTHOR, "carin") in await found.who()


async def test_more_than_two_thousand_commits_are_not_counted(found, monkeypatch):
    monkeypatch.setattr("core.find_contributors.MOST_COMMITS", 3)
    for number in range(4):
        last = found.git.commit({"a": bytes([number])}, author=BO, committer=BO)
    found.push(1, last, "bo")
    assert "`base loan COMMIT REASON`" in (await found.now()).problem


async def test_a_commit_that_goes_after_it_was_counted_is_a_problem_in_words(found):
    """Its branch was set back and git has tidied up; what git said of it before is kept here."""
    find = {"r1": found.git.folder}.get
    found.find = FindContributors(BareRepositories(find), BareReviews(find), PEOPLE)
    found.push(1, found.git.commit({"a": b"1"}, author=BO, committer=BO), "bo")
    assert (await found.now()).problem == ""
    git(found.git.folder, "update-ref", "-d", "refs/heads/main")
    git(found.git.folder, "prune", "--expire=now")
    assert "no longer in the repository" in (await found.now()).problem


async def test_a_base_that_is_gone_is_a_problem_in_words(found):
    found.push(1, found.git.commit({"a": b"1"}, author=BO, committer=BO), "bo")
    bases = {Stage.QA: "0123456789abcdef0123456789abcdef01234567"}
    found.story.model = msgspec.structs.replace(found.story.model, bases=bases)
    assert "no longer in the repository" in (await found.now()).problem


def a_run(commit: str, **fields) -> WaitingRun:
    about = {"started_by": ("carin@bank.example",), "repository": "r1", "pipeline": 37, **fields}
    return WaitingRun(project="p1", environment="production", commit=commit, **about)


async def of_run(found, run, desk=None, model=None):
    context = Context(now=NOW, policy=found.policy, desk=desk or Desk())
    change = run_change(run, context.desk, model or Model(stream=PLATFORM))
    return await found.find(change, context)


async def test_of_a_run_the_hands_in_its_commit_count_and_who_had_it_started(found):
    commit = found.git.commit({"a": b"1"}, author=BO, committer=ASTRID)
    counted = await of_run(found, a_run(commit))
    assert {(each.part, each.person) for each in counted.found} == {
        (Part.AUTHOR, "bo"), (Part.COMMITTER, "astrid"), (Part.STARTER, "carin"),
    }  # fmt: skip


@pytest.mark.parametrize("started", [(), ("",), ("nobody@elsewhere.example",)])
async def test_a_run_that_nobody_known_had_started_has_an_unknown_hand(found, started):
    commit = found.git.commit({"a": b"1"}, author=BO, committer=BO)
    counted = await of_run(found, a_run(commit, started_by=started))
    assert [each.part for each in counted.unknown()] == [Part.STARTER]


async def test_a_run_is_counted_since_what_we_approved_at_its_place(found):
    first = found.git.commit({"a": b"1"}, author=BO, committer=BO)
    second = found.git.commit({"a": b"2"}, author=ASTRID, committer=ASTRID)
    desk = Desk(approved={a_run(first).place: first})
    counted = await of_run(found, a_run(second), desk)
    assert (counted.base, counted.commits) == (first, 1)
    elsewhere = await of_run(found, a_run(second, pipeline=38), desk)
    assert (elsewhere.base, elsewhere.commits) == ("", 2)


@pytest.mark.parametrize("behind", [0, 1])
async def test_a_run_at_or_behind_what_we_approved_is_counted_wholly(found, behind):
    made = [found.git.commit({"a": b"%d" % n}, author=BO, committer=BO) for n in range(2)]
    desk = Desk(approved={a_run(made[1]).place: made[1]})
    counted = await of_run(found, a_run(made[1 - behind]), desk)
    assert (counted.base, counted.commits) == ("", 2 - behind)


async def test_of_a_run_deliveries_tell_who_pushed_where_they_know_the_repository(found):
    commit = found.git.commit({"a": b"1"}, author=BO, committer=BO)
    found.push(1, commit, "astrid")
    counted = await of_run(found, a_run(commit), model=found.story.model)
    assert (Part.PUSHER, "astrid") in {(each.part, each.person) for each in counted.found}


async def test_what_cannot_be_counted_of_a_run_is_to_be_decided_elsewhere(found):
    counted = await of_run(found, a_run("c" * 40))
    assert counted.problem.endswith("; decide it in Azure DevOps.")
