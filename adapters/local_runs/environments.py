"""Virtual environments made by uv: one for each set of requirements, shared by all runs.

What runs in one cannot write to it. Before it is used again its manifest is checked, and one that
is not as it was built is built anew.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from adapters.local_runs import manifest
from adapters.local_runs.child import LOOK_EVERY_S, ChildCommand, Watcher, run
from adapters.local_runs.requirements import installable
from core.errors import StepFailedError
from core.scrub import Scrubber, secrets_in

NEEDS: Final = ("pandas",)  # beyond the model's own requirements: tables are read with it
FORM: Final = 2  # of what we build; one of another form is not used
VERSION: Final = "import platform; print(platform.python_version(), platform.machine())"
PYTHON: Final = "bin/python"
WHEELS_ONLY: Final = ("--only-binary", ":all:")  # building one would run its author's code
REQUIREMENTS: Final = "requirements.txt"
# Copied: a file that is linked to uv's cache changes its state whenever another environment is
# made, and whoever writes to one writes to all.
INSTALL: Final = ("--link-mode", "copy")
# Compiled here, as what runs in it cannot. Not by uv: it takes the interpreter of the environment,
# which runs the .pth files of what was just installed, and no walls stand around it here.
COMPILE: Final = ("-I", "-S", "-m", "compileall", "-q", "-j", "0")
COMPILER: Final = {"PATH": os.defpath, "LANG": "C.UTF-8"}
NOT_AS_BUILT: Final = "the environment is not as it was built ({name}): it is built anew"
WAITING: Final = "waiting for another run that builds the same environment"

Tell = Callable[[str], None]
TAIL_BYTES: Final = 20_000
LONGEST_MESSAGE: Final = 500

PROGRESS: Final = (
    (re.compile(r"^Resolved (\d+ packages?)"), r"fetching \1"),
    (re.compile(r"^Prepared (\d+ packages?)"), r"installing \1"),
)
NO_ANSWER: Final = re.compile(
    r"failed to fetch|error sending request|dns error|timed out|connection refused", re.IGNORECASE
)
CAUSE: Final = re.compile(
    r"(?:^ *cause: |╰─▶ |^error: (?!.*\n *cause: ))(?P<cause>.*?)(?=\n *cause: |\n\s*\n|\Z)",
    re.MULTILINE | re.DOTALL,
)
FRAME: Final = re.compile(r"^[\s│╰├─▶>]+", re.MULTILINE)

UNSOLVED: Final = (
    "The requirements cannot be installed: {message} Nothing was run; change the environment file "
    "so that its packages go together and exist as wheels, and push again."
)
NO_INDEX: Final = (
    "The package index does not answer: {message} Nothing was run; retry the step when it is back."
)


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """``uv`` and ``python``, the interpreter to build with, are paths; uv gets only ``env``.

    ``hosts`` are those of which a wheel is taken by its address.
    """

    uv: str
    python: str
    env: dict[str, str]
    hosts: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Tools(uv={self.uv!r}, python={self.python!r})"  # env may hold a password


class Environments:
    """The environments below ``folder``.

    ``watcher`` gives the reason why a build has to end; ``sink`` takes what uv prints.
    """

    def __init__(
        self, folder: Path, tools: Tools, *, watcher: Watcher, sink: Callable[[bytes], None]
    ) -> None:
        self._folder = folder
        self._tools = tools
        self._watcher = watcher
        self._sink = sink

    def ensure(self, requirements: tuple[str, ...], tell: Tell) -> Path:
        """Return the environment's interpreter. Raise StepFailedError when it cannot be built."""
        place = self._place(requirements)
        self._have(place, lambda draft: self._build(draft, requirements, tell), tell)
        return place / PYTHON

    def ensure_folder(self, packages: tuple[str, ...], tell: Tell) -> Path:
        """Return a folder for sys.path that holds just these packages, for ``tools.python``."""
        place = self._folder_place(packages)
        self._have(place, lambda draft: self._fill(draft, packages, tell), tell)
        return place

    def find(self, requirements: tuple[str, ...]) -> Path | None:
        place = self._place(requirements)
        return place / PYTHON if _is_as_built(place) else None

    def find_folder(self, packages: tuple[str, ...]) -> Path | None:
        place = self._folder_place(packages)
        return place if _is_as_built(place) else None

    def _place(self, requirements: tuple[str, ...]) -> Path:
        return self._folder / self._key(NEEDS, requirements)

    def _folder_place(self, packages: tuple[str, ...]) -> Path:
        return self._folder / f"packages_{self._key((), packages)}"

    def _have(self, place: Path, build: Callable[[Path], None], tell: Tell) -> None:
        """Build a missing one beside its place, then rename it: a kill leaves none half built."""
        if _is_as_built(place):
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._locked(place, tell):
            if place.exists():
                if not (name := manifest.changed(place)):  # built while we waited
                    return
                tell(NOT_AS_BUILT.format(name=name))
                self._sink(f"[sluss] {NOT_AS_BUILT.format(name=name)}\n".encode())
            draft = self._folder / f".{place.name}"
            shutil.rmtree(draft, ignore_errors=True)
            build(draft)
            self._compile(draft)
            manifest.write(draft, manifest.manifest_of(place))
            self._replace(draft, place)

    def _replace(self, draft: Path, place: Path) -> None:
        gone = self._folder / f".{place.name}.gone"
        shutil.rmtree(gone, ignore_errors=True)
        if place.exists():
            place.rename(gone)
        draft.rename(place)
        shutil.rmtree(gone, ignore_errors=True)

    def _key(self, needs: tuple[str, ...], requirements: tuple[str, ...]) -> str:
        asked = subprocess.run(  # noqa: S603 (the configured interpreter, fixed arguments)
            [self._tools.python, "-I", "-c", VERSION], capture_output=True, check=True, timeout=60
        )
        content = [FORM, asked.stdout.decode().strip(), needs, sorted(requirements)]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]

    @contextmanager
    def _locked(self, place: Path, tell: Tell) -> Iterator[None]:
        began = time.monotonic()
        with (self._folder / f"{place.name}.lock").open("w") as lock:
            while not _took(lock.fileno()):
                tell(WAITING)
                if reason := self._watcher(time.monotonic() - began):
                    raise StepFailedError(reason)
                time.sleep(LOOK_EVERY_S)
            yield

    def _build(self, draft: Path, requirements: tuple[str, ...], tell: Tell) -> None:
        tell("making an environment")
        self._uv(tell, "venv", "--relocatable", "--python", self._tools.python, str(draft))
        listed = draft / REQUIREMENTS
        lines = installable(requirements, self._tools.hosts)
        listed.write_text("\n".join([*lines, *NEEDS]) + "\n", "utf-8")
        tell("resolving the requirements")
        self._uv(
            tell,
            *("pip", "install", "--python", str(draft / PYTHON), *WHEELS_ONLY, *INSTALL),
            *("--requirements", str(listed)),
        )

    def _fill(self, draft: Path, packages: tuple[str, ...], tell: Tell) -> None:
        tell("fetching the test tools")
        into = ("--python", self._tools.python, "--target", str(draft))
        wanted = installable(packages)
        self._uv(tell, "pip", "install", *into, *WHEELS_ONLY, *INSTALL, *wanted)

    def _compile(self, draft: Path) -> None:
        """Compile what was installed, and run nothing of it; what is no Python stays as it is."""
        argv = (self._tools.python, *COMPILE, str(draft))
        command = ChildCommand(argv=argv, env=COMPILER, folder=str(self._folder))
        if reason := run(command, _drop, self._watcher).reason:
            raise StepFailedError(reason)

    def _uv(self, tell: Tell, *arguments: str) -> None:
        output = UvOutput(self._sink, tell, secrets_in(self._tools.env))
        command = ChildCommand(
            argv=(self._tools.uv, "--no-python-downloads", "--color", "never", *arguments),
            env=self._tools.env,
            folder=str(self._folder),
        )
        ended = run(command, output.take, self._watcher)
        output.end()
        if ended.reason:
            raise StepFailedError(ended.reason)
        if ended.code != 0:
            raise StepFailedError(output.explain())


def _drop(_data: bytes) -> None:
    """Take no interest in files that are made for other versions of Python."""


def _is_as_built(place: Path) -> bool:
    return place.exists() and not manifest.changed(place)


def _took(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class UvOutput:
    """Turns what uv prints into progress notes, and after a failure into a reason for a person."""

    def __init__(
        self,
        sink: Callable[[bytes], None],
        tell: Callable[[str], None],
        secrets: Iterable[str] = (),
    ) -> None:
        self._scrubber = Scrubber(secrets)
        self._sink = sink
        self._tell = tell
        self._tail = b""

    def take(self, data: bytes) -> None:
        """Take what uv printed; an index's password may be in it, and goes no further."""
        self._pass_on(self._scrubber.feed(data))

    def _pass_on(self, data: bytes) -> None:
        self._sink(data)
        self._tail = (self._tail + data)[-TAIL_BYTES:]
        for line in data.decode(errors="replace").splitlines():
            for pattern, note in PROGRESS:
                if found := pattern.search(line):
                    self._tell(found.expand(note))

    def end(self) -> None:
        """Pass on the unended line that was held back."""
        self._pass_on(self._scrubber.finish())

    def explain(self) -> str:
        self.end()
        text = self._tail.decode(errors="replace")
        template = NO_INDEX if NO_ANSWER.search(text) else UNSOLVED
        return template.format(message=_message(text))


def _message(text: str) -> str:
    """Return the first cause; older versions of uv draw a tree, with it behind the last branch."""
    found = CAUSE.search(text)
    cause = found["cause"] if found else text
    joined = " ".join(FRAME.sub("", cause).split())
    return joined if len(joined) <= LONGEST_MESSAGE else f"{joined[:LONGEST_MESSAGE]}…"
