"""Who accepted a secret is who wrote its hash into the baseline, as git tells it."""

from core.gate.checks import Accepted, CheckResult, Status
from tests.adapters.bare_repositories.bare_world import BareWorld
from workers.steps.check import with_authors

BASELINE = ".secrets.baseline"
BO = ("Bo Ekman", "bo@bank.example")


async def test_the_author_and_the_day_of_the_acceptance_are_told(tmp_path):
    git = BareWorld(tmp_path)
    accepting = git.commit({BASELINE: b'{"hashed_secret": "00ab"}'}, author=BO)
    newest = git.commit({"a.py": b"x"})
    result = CheckResult(
        check="secrets", title="", owner="GBI", priority=1, status=Status.PASSED,
        accepted=(Accepted(path="a.py", key="00ab"), Accepted(path="b.py", key="ffff")),
    )  # fmt: skip

    [told] = await with_authors((result,), git.host, (git.repository, newest), BASELINE)

    known, unknown = told.accepted
    assert (known.by, known.commit) == ("Bo Ekman", accepting)
    assert known.at
    assert unknown == Accepted(path="b.py", key="ffff")
