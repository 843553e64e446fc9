"""Secrets in the files and in the pushed history, and the two ways to accept a false alarm."""

import hashlib
import json
import subprocess
import sys

import msgspec
import pytest

from adapters.sandbox import probe
from core.gate.check_rules import CheckRules, SecretRules
from core.gate.checks import Accepted, Finding, ModelRepo, Note
from core.gate.facts import CheckFacts, PastFile
from core.gate.tools import Output
from core.ports.sandbox import Places
from sluss.templates.model_repository import Kind, write_repository
from tests.model_repos import REAL_WORLD, a_repo, real_world
from tests.workers.gate.secret_scan.made import Made
from workers.gate.checks.secrets import secrets
from workers.gate.secret_scan.report import ScanTask, Secret, SecretReport, fingerprint
from workers.gate.secret_scan.scan import scan
from workers.gate.tool_reports import ToolReportError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
MADE = Made(7)
KEY, PASSWORD, TOKEN = MADE.storage_key(), MADE.password(), MADE.databricks()


def placed(tmp_path, repo):
    for path, data in repo.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    return tmp_path


def found(tmp_path, repo, facts=None):
    """What the check says of the repository, by the way of its process's task and report."""
    facts = facts or CheckFacts()
    command = secrets.full.command(repo, facts)
    task = msgspec.msgpack.decode(command.stdin, type=ScanTask)
    report = msgspec.json.encode(scan(placed(tmp_path, repo), task))
    return list(secrets.full.parse(Output(code=0, stdout=report), repo, facts))


def findings(answer):
    return [each for each in answer if isinstance(each, Finding)]


def notes(answer):
    return [each.text for each in answer if isinstance(each, Note)]


def test_a_secret_is_told_with_its_line_and_kind_and_never_shown(tmp_path):
    repo = a_repo({"src/load.py": f'import os\n\nACCOUNT_KEY = "{KEY}"\n'})
    [finding] = findings(found(tmp_path, repo))
    assert (finding.place(), finding.rule) == ("src/load.py:3", "Azure storage account key")
    assert finding.wrong == f"holds a secret ({finding.rule}, fingerprint {fingerprint(KEY)})"
    assert "revoke or rotate it" in finding.mend
    assert not finding.is_advice


def test_nothing_that_leaves_the_process_holds_a_part_of_a_secret(tmp_path):
    repo = a_repo({"a.py": f'key = "{KEY}"\npassword = "{PASSWORD}"\n', "b.env": f"T={TOKEN}\n"})
    report = msgspec.json.encode(scan(placed(tmp_path, repo), ScanTask(baseline="x"))).decode()
    parts = {
        secret[at : at + 6] for secret in (KEY, PASSWORD, TOKEN) for at in range(len(secret) - 5)
    }
    assert len(json.loads(report)["secrets"]) == 3
    assert not [part for part in parts if part in report]


@pytest.mark.parametrize("name", REAL_WORLD)
def test_a_repository_of_real_world_shape_has_no_finding(tmp_path, name):
    assert findings(found(tmp_path, real_world(name))) == []


@pytest.mark.parametrize("kind", Kind)
def test_a_new_repository_has_no_finding(tmp_path, kind):
    write_repository(tmp_path, kind)
    assert scan(tmp_path, ScanTask(baseline="")).secrets == ()


def past(path, text, commit=COMMIT):
    return PastFile(commit, path, text.encode())


def test_what_a_commit_brought_and_a_later_one_took_out_is_told_with_the_commit(tmp_path):
    history = (past("src/old.py", f'\nKEY = "{KEY}"\n'),)
    [finding] = findings(found(tmp_path, a_repo(), CheckFacts(history=history)))
    assert (finding.path, finding.line) == ("src/old.py", 0)
    assert finding.wrong.startswith(
        "held a secret in commit 0123456789ab (Azure storage account key"
    )
    assert "rewrite the history does not help alone" in finding.mend


def test_a_secret_that_is_still_there_is_told_once_at_its_line(tmp_path):
    history = (past("a.py", f'x = "{KEY}"'), past("b.py", f'y = "{KEY}"'))
    repo = a_repo({"a.py": f'moved = 1\nx = "{KEY}"\n'})
    assert [
        each.place() for each in findings(found(tmp_path, repo, CheckFacts(history=history)))
    ] == ["a.py:2"]


def test_a_secret_of_the_history_is_told_at_the_first_commit_that_had_it(tmp_path):
    history = (past("a.py", f'x = "{KEY}"'), past("a.py", f'x = "{KEY}"  # again', "f" * 40))
    [finding] = findings(found(tmp_path, a_repo(), CheckFacts(history=history)))
    assert "commit 0123456789ab" in finding.wrong


def baseline(path, value, **more):
    entry = {"type": "x", "filename": path, "hashed_secret": sha1(value), "line_number": 4, **more}
    return json.dumps({"version": "1.5.0", "plugins_used": [], "results": {path: [entry]}})


def sha1(value):
    return hashlib.sha1(value.encode()).hexdigest()  # noqa: S324 - the hash of detect-secrets


def test_the_baseline_accepts_by_hash_and_path_and_the_note_counts(tmp_path):
    repo = a_repo({"a.py": f'key = "{KEY}"\n', ".secrets.baseline": baseline("a.py", KEY)})
    answer = found(tmp_path, repo, CheckFacts(history=()))
    assert findings(answer) == []
    assert notes(answer) == [".secrets.baseline accepts 1 of what was found."]


def test_what_the_baseline_accepts_is_told_beside_the_findings(tmp_path):
    repo = a_repo({"a.py": f'key = "{KEY}"\n', ".secrets.baseline": baseline("a.py", KEY)})
    [accepted] = [each for each in found(tmp_path, repo) if isinstance(each, Accepted)]
    assert accepted == Accepted(
        path="a.py", line=1, what="Azure storage account key", key=sha1(KEY)
    )


def test_the_baseline_accepts_what_only_the_history_has(tmp_path):
    repo = a_repo({".secrets.baseline": baseline("gone.py", KEY)})
    assert (
        findings(found(tmp_path, repo, CheckFacts(history=(past("gone.py", f'k = "{KEY}"'),))))
        == []
    )


@pytest.mark.parametrize(
    "text",
    [
        baseline("b.py", KEY),
        baseline("a.py", KEY + "x"),
        baseline("a.py", KEY, is_secret=True),  # who looked at it said that it is one
        "{}",
        "no json",
        "[" * 10_000,
    ],
    ids=["another path", "another value", "a true secret", "no results", "no JSON", "deep"],
)
def test_a_baseline_about_something_else_accepts_nothing(tmp_path, text):
    repo = a_repo({"a.py": f'key = "{KEY}"\n', ".secrets.baseline": text})
    assert len(findings(found(tmp_path, repo))) == 1


@pytest.mark.parametrize("data", ["no json", b'{"results": {"\xff": []}}'])
def test_a_baseline_that_cannot_be_read_is_told(tmp_path, data):
    repo = a_repo({".secrets.baseline": data})
    [note] = notes(found(tmp_path, repo, CheckFacts(history=())))
    assert note.startswith(".secrets.baseline is no baseline of detect-secrets")


def test_a_stale_entry_is_noted_unless_it_may_be_about_the_history(tmp_path):
    repo = a_repo({"a.py": "pass\n", ".secrets.baseline": baseline("a.py", KEY)})
    [note] = notes(found(tmp_path, repo, CheckFacts(history=())))
    assert note == ".secrets.baseline accepts what is no longer there: a.py:4. Take it out."
    gone = a_repo({".secrets.baseline": baseline("gone.py", KEY)})
    assert notes(found(tmp_path / "2", gone, CheckFacts(history=()))) == []


def test_the_policy_names_the_baseline(tmp_path):
    repo = a_repo({"a.py": f'key = "{KEY}"\n', "accepted.json": baseline("a.py", KEY)})
    rules = CheckRules(secrets=SecretRules(baseline="accepted.json"))
    assert findings(found(tmp_path, repo, CheckFacts(rules=rules))) == []


@pytest.mark.parametrize(
    "text",
    [
        'key = "{key}"  # pragma: allowlist secret\n',
        '# pragma: allowlist nextline secret\nkey = "{key}"\n',
    ],
)
def test_a_comment_makes_it_advice_and_never_hides_it(tmp_path, text):
    [finding] = findings(found(tmp_path, a_repo({"a.py": text.format(key=KEY)})))
    assert finding.is_advice
    assert finding.wrong.endswith("which a comment at its line calls harmless")


def test_a_history_that_is_not_known_is_noted_and_so_is_one_that_was_cut(tmp_path):
    assert notes(found(tmp_path, a_repo())) == [
        "The history of the pushed commits was not looked at here."
    ]
    facts = CheckFacts(
        rules=CheckRules(secrets=SecretRules(max_history_files=1)), history=(past("a", "x"),)
    )
    assert notes(found(tmp_path, a_repo(), facts)) == [
        "Of the history only the newest were looked at: 1 file."
    ]


def test_what_was_passed_over_is_noted(tmp_path):
    repo = a_repo({"model.bin": b"\0" * 9, "data.csv": b"1,2\n" * 2_100_000})
    history = (PastFile(COMMIT, "old.csv", b""),)
    assert notes(found(tmp_path, repo, CheckFacts(history=history))) == [
        "Too large to be looked at: data.csv, old.csv of 0123456789ab.",
        "Not looked at: 1 binary file.",
    ]


def test_a_scan_that_ran_out_of_time_blocks(tmp_path):
    report = scan(placed(tmp_path, a_repo()), ScanTask(baseline="x", seconds=0))
    answer = secrets.full.parse(
        Output(code=0, stdout=msgspec.json.encode(report)), a_repo(), CheckFacts()
    )
    [finding] = findings(answer)
    assert finding.wrong == "of 8 files nothing was looked at: the time of 45 s was over"
    assert not finding.is_advice


def test_a_scan_that_said_nothing_never_passes():
    with pytest.raises(ToolReportError, match="code 1"):
        list(secrets.full.parse(Output(code=1), a_repo(), CheckFacts()))


def test_of_very_many_the_rest_is_counted():
    secret = Secret(path="a", line=1, kind="x", fingerprint="0" * 12)
    report = msgspec.json.encode(SecretReport(secrets=(secret,), left_out=7))
    answer = list(
        secrets.full.parse(Output(code=0, stdout=report), a_repo(), CheckFacts(history=()))
    )
    assert notes(answer) == ["7 more were found."]


def test_there_is_nothing_to_run_on_nothing():
    assert secrets.full.command(ModelRepo(files={}), CheckFacts()) is None


async def test_its_process_runs_in_the_sandbox_and_takes_no_code_from_the_repository():
    """A folder ``workers`` of the repository would be found first, were it not for -I."""
    bad = "import sys\nsys.exit('the code of the repository ran')\n"
    repo = a_repo({"a.py": f'key = "{KEY}"\n', "workers/__init__.py": bad, "msgspec.py": bad})
    facts = CheckFacts(history=(past("old.py", f'token = "{TOKEN}"'),))
    output = await (await probe()).run(secrets.full.command(repo, facts), repo, Places())
    told = [(each.path, each.rule) for each in findings(secrets.full.parse(output, repo, facts))]
    assert told == [("a.py", "Azure storage account key"), ("old.py", "Databricks token")]


def accept(folder, *words):
    return subprocess.run(
        [sys.executable, "-m", "sluss", "accept", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_false_alarm_is_accepted_by_its_fingerprint(tmp_path):
    repo = a_repo({"a.py": f'key = "{KEY}"\npassword = "{PASSWORD}"\n'})
    placed(tmp_path, repo)
    done = accept(tmp_path, "a.py", fingerprint(PASSWORD))
    assert (done.returncode, done.stdout.split(".secrets")[0]) == (0, "Accepted in ")
    report = scan(tmp_path, ScanTask(baseline=".secrets.baseline"))
    assert [(each.line, each.is_accepted) for each in report.secrets] == [(1, False), (2, True)]
    assert accept(tmp_path, "a.py", fingerprint(KEY)).returncode == 0
    assert all(
        each.is_accepted for each in scan(tmp_path, ScanTask(baseline=".secrets.baseline")).secrets
    )


def test_what_is_not_there_is_not_accepted(tmp_path):
    (tmp_path / "a.py").write_text("pass\n")
    done = accept(tmp_path, "a.py", "0" * 12)
    assert done.returncode == 2
    assert "nothing was written" in " ".join(done.stderr.replace("│", " ").split())
    assert accept(tmp_path, "b.py", "0" * 12).returncode == 2
    assert accept(tmp_path).returncode == 2
