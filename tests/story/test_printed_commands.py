"""A newcomer copies every command that is printed, in the order in which they are printed."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from adapters.mlflow.command import free_port
from tests.story.up import END_S, READY_S, end_everything, made_home, with_few_tools

pytestmark = [pytest.mark.story, pytest.mark.timeout(300)]

ODD = 'it\'s a "new" $HOME; `id` å'
TYPED = re.compile(r"^ {2,}(?=\S)(.+)$", re.MULTILINE)  # a command has a line of its own
MARKED = re.compile(r"`(?=\S)([^`\n]*sluss[^`\n]*)`")


class Newcomer:
    """Somebody at a shell, in a folder with an odd name, whom git does not know yet."""

    def __init__(self, folder, home):
        ours = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "TMPDIR", "LANG")
        self.env = {name: os.environ[name] for name in ours if name in os.environ}
        self.env |= {"HOME": str(home.parent), "SLUSS_PORT": str(free_port()), "COLUMNS": "80"}
        self.folder, self.home = folder, home
        self.log = folder / "up.log"

    def types(self, command, code=0):
        """Run a line in a shell; return all that it says."""
        done = subprocess.run(
            ["sh", "-c", command], cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{command}\n{done.stdout}"
        return done.stdout

    def starts(self, command):
        with self.log.open("wb") as log:
            server = subprocess.Popen(
                ["sh", "-c", f"exec {command}"], cwd=self.folder, env=self.env,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + READY_S
        while "MLflow" not in self.log.read_text() or not self.is_ready():
            assert server.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        return server

    def is_ready(self):
        port = self.env["SLUSS_PORT"]
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}/health/ready", timeout=5
            ) as answer:
                return answer.status == 200
        except OSError:
            return False


@pytest.fixture
def newcomer(tmp_path, environments):
    folder = tmp_path / ODD
    folder.mkdir()
    home = with_few_tools(made_home(folder / ".sluss", environments))
    yield Newcomer(folder, home)
    end_everything(home)


def test_from_the_first_command_to_the_last_each_works_when_it_is_copied(newcomer):
    sluss = shlex.join([sys.executable, "-m", "sluss"])
    steps = TYPED.findall(newcomer.types(f"{sluss} init 'loan rules' --type rulebased"))
    assert [step.split()[0] for step in steps[:3]] == ["git", "git", "cd"]
    *steps, bring = steps
    for step in steps:
        newcomer.types(step)

    said = newcomer.types(bring)
    (push,) = TYPED.findall(said)
    map_them = MARKED.findall(said)
    assert len(map_them) == 2
    newcomer.types(map_them[0].replace("PERSON", "bo"))
    newcomer.types(map_them[1])

    assert "this push is kept" in newcomer.types(push)
    (up,) = MARKED.findall(newcomer.types(f"{sluss} status", code=2))
    server = newcomer.starts(up)
    try:
        eventually(newcomer.log, "made while Sluss was down are handled now")
        assert "ready" in newcomer.types(f"{sluss} status")
        again(newcomer)
        assert "loan_rules-2" in newcomer.types(f"{sluss} deliveries --limit 5")
        audit(newcomer, sluss)
        assert unknown_files(newcomer.home) == []
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(END_S)
    (down,) = MARKED.findall(newcomer.log.read_text())
    newcomer.types(down)


def again(newcomer):
    """A plain push goes to the server, whose page of the commit leads to its release."""
    tree = shlex.quote(str(newcomer.folder / "loan rules"))
    said = newcomer.types(f"cd {tree} && git commit -q --allow-empty -m More && git push")
    page = re.search(r"looks at main: (\S+)", said)
    assert page, said
    with urllib.request.urlopen(page[1], timeout=10) as answer:  # noqa: S310 - ours
        assert answer.status == 200


def audit(newcomer, sluss):
    (verify,) = TYPED.findall(newcomer.types(f"{sluss} audit export 'a ledger.jsonl'"))
    (with_head,) = TYPED.findall(newcomer.types(verify))
    assert "The head that was noted is in it" in newcomer.types(with_head)


def unknown_files(home):
    """What a home has beside the files that the page about them names."""
    page = (Path(__file__).parents[2] / "docs/reference/settings.md").read_text("utf-8")
    rows = page.partition("## The files of a home")[2]
    known = set(re.findall(r"`([\w.]+)/?`", rows))
    return [
        file.name for file in home.iterdir() if re.sub("-(wal|shm)$", "", file.name) not in known
    ]


def eventually(log, text):
    deadline = time.monotonic() + END_S
    while text not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    return log.read_text()
