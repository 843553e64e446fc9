"""What a person has changed in the folder of a demo is kept; the rest is deleted when it ends."""

import asyncio
import io
import shutil
import tempfile

import pytest
from rich.console import Console

from core.errors import SettingsError
from core.platform import Repository
from core.words import Stream
from sluss.demo.folder import HOME, LEDGER, LOANS, demo_folder, refuse_used
from sluss.demo.repository import DemoRepository
from sluss.home import platform_file
from sluss.home.prepare import prepare_home
from sluss.home.settings import load
from tests.adapters.bare_repositories.bare_world import git


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder as the demo leaves it when it has pushed for the first time."""
    folder = tmp_path_factory.mktemp("made")
    prepare_home(folder / HOME)
    repository = the_repository(folder)
    repository.folder.mkdir()
    repository.write("score.py", "def evaluate(): ...\n")
    repository.write(".gitignore", "*.pyc\n")

    async def begin():
        await repository._git("init", "--quiet", "--initial-branch=main")
        await repository.commit("Start")
        await repository.configure()

    asyncio.run(begin())
    return folder


def the_repository(folder):
    settings = load(folder / HOME, {})
    return DemoRepository(folder / LOANS, settings, author=settings.files.people[0])


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    return tmp_path / "temporary"


async def ended(made, change, keep=None):
    """Return the folder, and what is said when it has ended after this change of a person."""
    console = Console(file=io.StringIO(), width=300)
    async with demo_folder(keep, console) as folder:
        shutil.copytree(made, folder.path, dirs_exist_ok=True)
        folder.has_begun = True
        await folder.note(the_repository(folder.path))
        change(folder.path)
    return folder.path, console.file.getvalue()


def committed(path):
    (path / LOANS / "score.py").write_text("def evaluate(): return 1\n")
    git(path / LOANS, "commit", "--quiet", "--all", "--message=Mend")


def stashed(path):
    (path / LOANS / "score.py").write_text("def evaluate(): return 1\n")
    git(path / LOANS, "stash", "--quiet")


def committed_on_no_branch(path):
    git(path / LOANS, "checkout", "--quiet", "--detach")
    committed(path)


CHANGES = {
    "a commit on no branch": committed_on_no_branch,
    "an edit": lambda path: (path / LOANS / "score.py").write_text("import math\n"),
    "a new file": lambda path: (path / LOANS / "notes.md").write_text("mine\n"),
    "a file that is gone": lambda path: (path / LOANS / "score.py").unlink(),
    "a commit": committed,
    "a branch": lambda path: git(path / LOANS, "branch", "mine"),
    "stashed work": stashed,
    "no repository any more": lambda path: shutil.rmtree(path / LOANS / ".git"),
    "a rule": lambda path: (path / HOME / "policy.yml").write_text("max_workers: 2\n"),
    "another folder": lambda path: (path / "mine").mkdir(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_what_a_person_has_changed_is_kept_and_its_place_is_said(made, temporary, change):
    path, said = await ended(made, change)
    assert path.is_dir()
    assert f"You have changed something in {path}: it is kept" in said
    assert f"demo --keep {path}\n" in said


@pytest.mark.parametrize("change", [
    lambda _: None,
    lambda path: (path / LOANS / "score.pyc").touch(),
    lambda path: (path / HOME / "store.db").touch(),
    lambda path: git(path / LOANS, "update-ref", "refs/remotes/origin/main", "HEAD"),
])  # fmt: skip
async def test_what_nobody_has_changed_is_deleted(made, temporary, change):
    path, said = await ended(made, change)
    assert not path.exists()
    assert f"{path} is being deleted" in said


async def test_a_folder_that_was_named_stays_as_it_is(made, tmp_path):
    path, said = await ended(made, lambda _: None, keep=tmp_path / "new" / "kept")
    assert (path.is_dir(), said) == (True, "")


@pytest.mark.parametrize("keep", ["file", "file/below"])
async def test_a_folder_that_cannot_be_made_is_refused_in_words(tmp_path, keep):
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=f"{keep} cannot be used .*Nothing was started"):
        await demo_folder(tmp_path / keep, Console()).__aenter__()


async def test_a_temporary_folder_that_cannot_be_made_is_refused_in_words(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsError, match=r"cannot be used .*--keep"):
        await demo_folder(None, Console()).__aenter__()


def on_board(folder):
    prepare_home(folder / HOME)
    known = Repository(id="a", name=Stream(LOANS), team="credit_risk")
    platform_file.append(folder / HOME, known)


IN_THE_WAY = [
    (lambda folder: (folder / LOANS).mkdir(), False, "no demo has brought it on board"),
    (lambda folder: (folder / "loan_rules").mkdir(), True, "no demo has brought it on board"),
    (
        lambda folder: (folder / LEDGER).mkdir(),
        True,
        "is no file that the ledger can be written to",
    ),
    (on_board, True, "has been told in"),
]


@pytest.mark.parametrize(("make", "is_script", "message"), IN_THE_WAY)
def test_what_lies_in_the_way_is_named_before_anything_starts(tmp_path, make, is_script, message):
    make(tmp_path)
    with pytest.raises(SettingsError, match=f"{message}.*Nothing was started"):
        refuse_used(tmp_path, is_script=is_script)


def test_a_demo_goes_on_where_an_earlier_one_has_ended(tmp_path):
    on_board(tmp_path)
    (tmp_path / LOANS).mkdir()
    refuse_used(tmp_path, is_script=False)


def test_a_repository_that_was_ended_on_the_way_is_made_anew_by_the_next_start(tmp_path):
    prepare_home(tmp_path / HOME)
    repository = the_repository(tmp_path)

    async def ended():
        with repository.whole_or_gone():
            repository.folder.mkdir()
            repository.write("score.py", "")
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(ended())
    assert not repository.folder.exists()
    refuse_used(tmp_path, is_script=False)
