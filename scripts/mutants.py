"""Takes each exclusion and each bound value out of a copy of the code: a test has to fail.

    .venv/bin/python scripts/mutants.py [words that a mutant's name has]

Exit code 1 when a mutant lives, or when the code has no line any more that is to be taken out.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[1]
COPIED: Final = ("core", "adapters", "bot", "workers", "handlers", "sluss", "web", "tests")
TESTS: Final = (
    "tests/core/authority/test_four_eyes.py",
    "tests/core/authority/test_binding.py",
    "tests/core/test_accounts.py",
    "tests/core/authority/test_pipelines.py",
    "tests/core/flow/test_base.py",
    "tests/core/flow/test_pipelines.py",
    "tests/core/flow/test_pipelines_properties.py",
    "tests/core/test_find_contributors.py",
    "tests/core/test_people.py",
    "tests/workers/steps/test_promote.py",
)


class Mutant(NamedTuple):
    """``before`` is a text of the file that stands there once; it becomes ``after``."""

    name: str
    path: str
    before: str
    after: str = ""


ASKED: Final = "question, promotion"
EYES: Final = "core/authority/four_eyes.py"
FIND: Final = "core/find_contributors.py"
CHANGE: Final = "core/counted_change.py"
PIPELINES: Final = "core/authority/pipelines.py"
CHECKPOINTS: Final = "core/fold_checkpoints.py"
ACCOUNTS: Final = "core/accounts.py"
EVALUATE: Final = "core/authority/evaluate.py"
BINDING: Final = "core/authority/binding.py"
PUSHES: Final = "core/release/fold/pushes.py"
PEOPLE: Final = "core/people.py"
BASES: Final = "core/authority/bases.py"

MUTANTS: Final = (
    Mutant("the person of a hand", EYES, "(each.person, each.name, *each.same_as)",
           "(each.name, *each.same_as)"),
    Mutant("the name of a hand", EYES, "(each.person, each.name, *each.same_as)",
           "(each.person, *each.same_as)"),
    Mutant("linked accounts of a hand", EYES, "(each.person, each.name, *each.same_as)",
           "(each.person, each.name)"),
    Mutant("who accepted", EYES, "if release.accepted_by is not None:", "if False:"),
    Mutant("who asked", EYES, "for promotion in release.promotions.values():",
           "for promotion in ():"),
    Mutant("who asked for another stage", EYES, "in release.promotions.values():",
           "in list(release.promotions.values())[-1:]:"),
    Mutant("the pusher", EYES, 'reasons.setdefault(release.pusher, "pushed this commit")', "pass"),
    Mutant("trainers", EYES, "for trainer in release.trainers:", "for trainer in ():"),
    Mutant("linked accounts of a person", PEOPLE, "*self.same_as, ", ""),
    Mutant("addresses of a person", PEOPLE, "*self.emails, ", ""),
    Mutant("accounts of a person", PEOPLE, ", *self.accounts)", ")"),
    Mutant("authors", FIND, "    yield Part.AUTHOR, folded(commit.author.email)\n"),
    Mutant("committers", FIND, "if commit.committer is not None:", "if False:"),
    Mutant("pushers that the host knows", FIND, "    if commit.pusher:", "    if False:"),
    Mutant("trailers", FIND, "for named in commit.trailers:", "for named in ():"),
    Mutant("pushers that deliveries told", FIND, "(Part.PUSHER, model.pushers), ", ""),
    Mutant("creators that deliveries told", FIND, ", (Part.CREATOR, model.creators)", ","),
    Mutant("creators that the reviews tell", FIND, "**_opened(found), ", ""),
    Mutant("hands of a release that comes back", CHANGE,
           "if before.stage is stage and before.contributors:", "if False:"),
    Mutant("whom an address is mapped to", FIND, 'mapped.person if mapped else ""', '""'),
    Mutant("who answers for a build service", FIND, ", _answers(name, context))", ")"),
    Mutant("hands that nobody knows", "core/contributors.py",
           "return not self.person and not self.is_nobody", "return False"),
    Mutant("too many commits", FIND, "if not history.is_whole and not problem:", "if False:"),
    Mutant("a base that is gone", FIND,
           "problem = GONE.format(error=error, way_out=way_out)", "pass"),
    Mutant("a history that is cut off", FIND, "if history.cut and not problem:", "if False:"),
    Mutant("a release behind what was placed", FIND, "if problem or change.commit in",
           "if True or change.commit in"),
    Mutant("what a squash is made of", FIND,
           "_with_sources({*commits, commit}, model.landed)", "{*commits, commit}"),
    Mutant("who wrote what a squash is made of", FIND,
           "history = _joined(history, await self._history(repository, source, since))", "pass"),
    Mutant("what the host says that a squash is made of", FIND,
           "landed = _with_landed(landed, found)", "pass"),
    Mutant("a service that is said to be nobody's", FIND, " and not kind_of(name)", ""),
    Mutant("a service principal by its descriptor", ACCOUNTS,
           '    "aadsp.": AccountKind.SERVICE_PRINCIPAL,\n'),
    Mutant("a build service by its descriptor", ACCOUNTS,
           '    "svc.": AccountKind.BUILD_SERVICE,\n'),
    Mutant("a service of the host by its descriptor", ACCOUNTS,
           '    "s2s.": AccountKind.SERVICE,\n'),
    Mutant("a service principal by its name", ACCOUNTS, " or _GUID.fullmatch(name)", ""),
    Mutant("a service of the host by its name", ACCOUNTS,
           "AccountKind.SERVICE if is_of_host else kind_of(name)", "kind_of(name)"),
    Mutant("who mapped an address", FIND, "if by.identity != COMMAND_LINE:", "if False:"),
    Mutant("each commit of a push", PUSHES,
           "    commits = {event.commit, *event.commits}", "    commits = {event.commit}"),
    Mutant("the merge commit", PUSHES, "(event.merge_commit, *sources)", "sources"),
    Mutant("a fall-back", "core/release/fold/registry.py", "if is_older else", "if False else"),
    Mutant("the base is what was placed", "core/release/fold/registry.py",
           "bases={**model.bases, event.stage: release.commit},", "bases=model.bases,"),
    Mutant("four eyes before a move", EVALUATE, f"{12 * ' '}contributors.four_eyes({ASKED}),\n"),
    Mutant("the group before a move", EVALUATE,
           f"{12 * ' '}conditions.group(question, promotion.stage),\n"),
    Mutant("unknown hands before a move", EVALUATE, f"{12 * ' '}contributors.known({ASKED}),\n"),
    Mutant("four eyes of a decision", EVALUATE,
           f"{4 * ' '}yield contributors.four_eyes({ASKED})\n"),
    Mutant("unknown hands of a decision", EVALUATE,
           f"{4 * ' '}yield contributors.known({ASKED})\n"),
    Mutant("unknown hands of a request", EVALUATE, "    yield contributors.known(question)\n"),
    Mutant("the look before a move", "workers/steps/promote.py",
           "        await _look_again(task, services, promotion)\n        await services.eff",
           "        await services.eff"),
    Mutant("who proposed the base that counts", "core/authority/contributors.py",
           "{**dict.fromkeys(proposers, PROPOSED), **excluded(release, found)}",
           "excluded(release, found)"),
    Mutant("a base that another proposal follows", "core/authority/contributors.py",
           "model.agreed_base(stage)", "model.base"),
    Mutant("the release that a base is for", BASES,
           "(base.id, base.release) != (act.base, act.release)", "base.id != act.base"),
    Mutant("who proposed a base", BASES, "if why_excluded(person, dict",
           "if False and why_excluded(person, dict"),
    Mutant("hands in what a base hides", BASES, "if did := why_excluded(",
           "if did := False and why_excluded("),
    Mutant("who had a run started", CHANGE, "for name in run.started_by or", "for name in () or"),
    Mutant("a run that nobody had started", CHANGE, 'run.started_by or ("",)', "run.started_by"),
    Mutant("what was approved for a pipeline", CHANGE, 'desk.approved.get(run.place, "")', '""'),
    Mutant("all of what lies behind it", CHANGE, 'dict.fromkeys((known, ""))', "(known,)"),
    Mutant("four eyes of a pipeline", PIPELINES,
           "    yield _four_eyes(person, counted, who_can)\n"),
    Mutant("the rule of a pipeline", PIPELINES,
           "    yield _of_the_rule(person, checkpoint, context.policy)\n"),
    Mutant("unknown hands of a pipeline", PIPELINES,
           "        yield all_known(counted, context, NAME_OR_ELSEWHERE)\n", "        pass\n"),
    Mutant("a pipeline that was decided", PIPELINES, "if decision := checkpoint.decision:",
           "if decision := None:"),
    Mutant("a pipeline without a rule", PIPELINES, "if groups and (person is None",
           "if not groups or (person is None"),
    Mutant("what a decision was about", CHECKPOINTS, "known.run.differs_from(after.run)", '""'),
    Mutant("what the host has not taken", "core/checkpoint.py",
           "said.approved and self.told and self.seen.our_answer", "said.approved"),
    Mutant("what was taken before", CHECKPOINTS, " or (before and before.told)", ""),
    Mutant("an answer that is not ours", CHECKPOINTS, "seen.our_answer is said.approved", "True"),
    Mutant("services", "core/authority/conditions.py", "(kind := kind_of(person.id))",
           'False and (kind := "")'),
)  # fmt: skip


def bound_values() -> Iterator[Mutant]:
    """One for each value that ``bound`` names."""
    text = (ROOT / BINDING).read_text()
    body = text[text.index("    return {\n") :]
    for found in re.finditer(r'^        "(\w+)": .*$', body[: body.index("    }\n")], re.MULTILINE):
        yield Mutant(
            f"bound: {found[1]}", BINDING, f"\n{found[0]}\n", f'\n        "{found[1]}": "",\n'
        )


def main(wanted: str) -> int:
    mutants = [each for each in (*MUTANTS, *bound_values()) if wanted in each.name]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder)
        for name in COPIED:
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("node_modules"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        if not _passes(copy):
            _say("The tests fail without any mutant. Nothing was tried.")
            return 1
        lives = [each.name for each in mutants if not _dies(each, copy)]
    _say(f"{len(mutants) - len(lives)} of {len(mutants)} mutants died.")
    return 1 if lives else 0


def _dies(mutant: Mutant, copy: Path) -> bool:
    path = copy / mutant.path
    text = path.read_text()
    if text.count(mutant.before) != 1:
        _say(f"stands there {text.count(mutant.before)} times: {mutant.name}")
        return False
    path.write_text(text.replace(mutant.before, mutant.after))
    died = not _passes(copy)
    path.write_text(text)
    _say(f"{'died ' if died else 'LIVES'}  {mutant.name}")
    return died


def _passes(copy: Path) -> bool:
    words = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", *TESTS)
    env = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(  # noqa: S603 - our own tests
        [sys.executable, *words], cwd=copy, env=env, capture_output=True, check=False
    )
    return done.returncode == 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(" ".join(sys.argv[1:])))
