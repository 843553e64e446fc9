"""The post-receive hook of a bare repository: tells Sluss of a push as Azure DevOps would.

It is a program of its own: ``sluss add`` copies it into the repository, and git starts it there
with the settings of ``hook.json`` beside it. So it uses nothing but the standard library, and it
reads the environment of the person who pushes. Sluss imports it only to send kept pushes again.
Where the server is it reads at each push from a file of its home, as that changes with a start.
"""

import base64
import contextlib
import fcntl
import http.client
import json
import os
import subprocess
import sys
import threading
import urllib.parse
import uuid
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

TOO_LONG_S: Final = 2.0  # the longest that a push waits while everything kept is sent
ANSWER_S: Final = 5.0
GIT_S: Final = 30.0  # a long history, on a busy machine; git that hangs holds up every push
MOST_COMMITS: Final = 50
MOST_REFS: Final = 10  # whose commits are listed: each costs a call of git
BRANCHES: Final = "refs/heads/"
RECEIVER: Final = "/hooks/azure-devops"
PUSHED: Final = "pushed"  # a line for each commit that a push brought, and who pushed it

SENT = "Sluss: the gate looks at {branch}: {link}\n"
KEPT = (
    "Sluss: the server did not take it ({why}). Nothing is lost: this push is kept, and the\n"
    "Sluss: next start sends it. The start prints its address; there it is {link}\n"
)
NOT_KEPT = (
    "Sluss: this push could not be kept ({why}). The commits are safe; "
    "mend that, then push a new commit.\n"
)

_FIELDS = ("commitId", "an", "ae", "ad", "cn", "ce", "cd", "comment")
_FORMAT = "--format=tformat:%H%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%s"

Payload = dict[str, Any]  # what Azure DevOps would send, as JSON


def main() -> None:
    """Make one delivery of one push, with all its branches; an error never fails the push."""
    folder = Path(__file__).parent
    try:
        settings = json.loads((folder / "hook.json").read_bytes())
        updates = [_update(line) for line in sys.stdin.buffer.read().splitlines()]
        push = payload(settings, updates)
        note(folder, settings, push)
        kept = keep(folder, push)
    except (OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
        sys.stdout.write(NOT_KEPT.format(why=type(error).__name__))
        return
    whys: list[str] = []
    # a thread, as no time-out of a socket limits a whole exchange; it ends with the process
    sending = threading.Thread(target=lambda: whys.extend(send_kept(folder)[1]), daemon=True)
    sending.start()
    sending.join(TOO_LONG_S)
    _tell(settings, updates, "" if not kept.exists() else (whys or ["no answer yet"])[-1])


def keep(folder: Path, push: Payload) -> Path:
    """Number the push and write it down before anything is sent. Numbers are never used twice."""
    outgoing = folder / "outgoing"
    outgoing.mkdir(mode=0o700, exist_ok=True)
    counter = folder / "push_id"
    with _locked(folder / "lock"):
        push_id = int(counter.read_text() if counter.exists() else 0) + 1
        _write_durably(counter, str(push_id).encode())
        push["notificationId"] = push["resource"]["pushId"] = push_id
        kept = outgoing / f"{push_id}.json"
        _write_durably(kept, json.dumps(push).encode())
    return kept


def note(folder: Path, settings: Payload, push: Payload) -> None:
    """Note who brought the commits that no other branch had: a host remembers that, too."""
    updates = push["resource"]["refUpdates"]
    new = [each["newObjectId"] for each in updates if each["newObjectId"].strip("0")]
    old = [each["oldObjectId"] for each in updates if each["oldObjectId"].strip("0")]
    if not new:
        return
    moved = [f"--exclude={each['name']}" for each in updates]
    done = subprocess.run(  # noqa: S603 - ids and names come from git itself
        [settings["git"], "rev-list", *new, "--not", *old, *moved, "--glob=refs/*"],
        capture_output=True,
        timeout=GIT_S,
        check=False,
        env={**os.environ, "GIT_NO_REPLACE_OBJECTS": "1"},
    )
    who = push["resource"]["pushedBy"]["uniqueName"].replace("\n", " ")
    lines = [f"{commit} {who}\n" for commit in done.stdout.decode().split()]
    with _locked(folder / "lock"), (folder / PUSHED).open("a", encoding="utf-8") as file:
        file.write("".join(lines))


def send_kept(folder: Path) -> tuple[int, list[str]]:
    """Send the kept pushes, the oldest first; return how many went, and why the others did not.

    Two hooks at once may send the same push twice: the receiver knows a push by its number.
    """
    sent, whys = 0, []
    try:
        settings = json.loads((folder / "hook.json").read_bytes())
        for path in sorted(folder.glob("outgoing/*.json"), key=lambda path: int(path.stem)):
            status = _post(settings, path.read_bytes())
            if status // 100 == 2:  # noqa: PLR2004 - the class of a status: it was taken
                path.unlink(missing_ok=True)
                sent += 1
            else:
                whys.append(f"HTTP {status}")
    except FileNotFoundError:
        whys.append("no server has started there yet")
    except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
        whys.append(type(error).__name__)  # nobody is there: the next one would fail as well
    return sent, whys


def payload(settings: Payload, updates: list[Payload]) -> Payload:
    """Return the git.push service hook of Azure DevOps; ``keep`` gives it its number.

    https://learn.microsoft.com/azure/devops/service-hooks/events#git.push
    """
    now = datetime.now(timezone.utc).isoformat()  # noqa: UP017 - any Python may run the hook
    commits = [commit for update in updates[:MOST_REFS] for commit in _commits(settings, update)]
    return {
        "id": str(uuid.uuid4()),
        "subscriptionId": settings["repository"],
        "notificationId": 0,
        "eventType": "git.push",
        "publisherId": "tfs",
        "resourceVersion": "1.0",
        "createdDate": now,
        "resource": {
            "commits": commits,
            "refUpdates": updates,
            "repository": {
                "id": settings["repository"],
                "name": settings["name"],
                "defaultBranch": BRANCHES + settings["release_branch"],
            },
            "pushedBy": _pushed_by(commits),
            "pushId": 0,
            "date": now,
        },
    }


def _update(line: bytes) -> Payload:
    old, new, name = line.decode("utf-8", errors="replace").split(" ", 2)
    return {"name": name, "oldObjectId": old, "newObjectId": new}


def _commits(settings: Payload, update: Payload) -> list[Payload]:
    """Return the commits of the update, newest first; of a new branch only its head."""
    old, new = update["oldObjectId"], update["newObjectId"]
    if not new.strip("0"):
        return []
    what = [new, f"^{old}"] if old.strip("0") else ["--max-count=1", new]
    words = (
        "log",
        "-z",
        "--no-show-signature",
        "--no-notes",
        "--encoding=UTF-8",
        f"--max-count={MOST_COMMITS}",
    )
    done = subprocess.run(  # noqa: S603 - ids come from git itself
        [settings["git"], *words, _FORMAT, *what],
        capture_output=True,
        timeout=GIT_S,
        check=False,
        env={**os.environ, "GIT_NO_REPLACE_OBJECTS": "1"},
    )
    values = done.stdout.decode("utf-8", errors="replace").split("\0")[:-1]
    rows = [values[start : start + len(_FIELDS)] for start in range(0, len(values), len(_FIELDS))]
    return [_commit(dict(zip(_FIELDS, row))) for row in rows]  # noqa: B905 - any Python


def _commit(of: dict[str, str]) -> Payload:
    return {
        "commitId": of["commitId"],
        "author": {"name": of["an"], "email": of["ae"], "date": of["ad"]},
        "committer": {"name": of["cn"], "email": of["ce"], "date": of["cd"]},
        "comment": of["comment"],
    }


def _pushed_by(commits: list[Payload]) -> Payload:
    """Name who pushed, unverified: anybody may set SLUSS_PERSON, or commit under any address.

    Nothing better is known here, as a folder asks nobody to sign in; a real host knows.
    """
    newest = commits[0]["committer"] if commits else {"name": "", "email": "unknown"}
    person = os.environ.get("SLUSS_PERSON", "")
    if person and person != newest["email"]:
        return {"id": person, "displayName": person, "uniqueName": person}
    return {
        "id": newest["email"],
        "displayName": newest["name"] or newest["email"],
        "uniqueName": newest["email"],
    }


def _post(settings: Payload, body: bytes) -> int:
    address = urllib.parse.urlsplit(_address(settings) + RECEIVER)
    user = settings["user"]
    password = Path(settings["password_file"]).read_text().strip()
    basic = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json"}
    is_tls = address.scheme == "https"
    kind = http.client.HTTPSConnection if is_tls else http.client.HTTPConnection
    connection = kind(address.hostname or "", address.port, timeout=ANSWER_S)
    with contextlib.closing(connection):
        connection.request("POST", address.path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status


def _address(settings: Payload) -> str:
    """Return where the newest start serves; a home without the file was never started."""
    return Path(settings["address_file"]).read_text(encoding="utf-8").strip()


def _tell(settings: Payload, updates: list[Payload], why: str) -> None:
    """Print the release's page for each branch that moved; git shows it to whoever pushes.

    Of a push that is kept nobody knows yet at which address the next start will serve.
    """
    base = ""
    with contextlib.suppress(OSError):
        base = "" if why else _address(settings)
    for update in updates:
        if not update["name"].startswith(BRANCHES) or not update["newObjectId"].strip("0"):
            continue
        link = f"{base}/releases?commit={update['newObjectId']}"
        branch = update["name"][len(BRANCHES) :]
        sys.stdout.write((KEPT if why else SENT).format(branch=branch, link=link, why=why))


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock, so that no second push comes between a number and its file."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write_durably(path: Path, data: bytes) -> None:
    """Replace the file, synced to the disk.

    A number that a crash forgot would be given twice, and the second push be taken as known.
    """
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # do not wait for a sender that hangs
