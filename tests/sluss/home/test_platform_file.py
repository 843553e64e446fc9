"""Adding to platform.yml keeps what people wrote there."""

import pytest

from core.errors import SettingsError
from core.platform import Repository
from core.words import Stream
from sluss.home.platform_file import append
from sluss.home.settings import read_platform

NEW = Repository(id="n1", name=Stream("new"), team="yes", location="/a: b #c")
ENTRY = """\
- id: n1
  name: new
  team: 'yes'
  release_branch: main
  location: '/a: b #c'
"""


def indented(entry: str) -> str:
    return "".join(f"  {line}\n" for line in entry.splitlines())


FILES = {
    "nothing": ("", "repositories:\n" + indented(ENTRY)),
    "only a comment": ("# mine\n", "# mine\n\nrepositories:\n" + indented(ENTRY)),
    "an empty list": (
        "# mine\nrepositories: []\n\n# rooms\nconversations: {a: b}\n",
        "# mine\nrepositories:\n" + indented(ENTRY) + "\n# rooms\nconversations: {a: b}\n",
    ),
    "a comment behind the list": (
        "repositories: []  # none yet\n",
        "repositories:\n" + indented(ENTRY) + "# none yet\n",
    ),
    "no value": (
        "repositories:\nconversations: {a: b}\n",
        "repositories:\n" + indented(ENTRY) + "conversations: {a: b}\n",
    ),
    "a list without indent": (
        "repositories:  # all\n- id: a\n  name: a\n  team: t  # ours\n\n# end\n",
        "repositories:  # all\n- id: a\n  name: a\n  team: t  # ours\n" + ENTRY + "\n# end\n",
    ),
    "a list with indent": (
        "repositories:\n  # first\n  - {id: a, name: a, team: t}\n  # after\nconversations: {a: b}\n",
        "repositories:\n  # first\n  - {id: a, name: a, team: t}\n"
        + indented(ENTRY)
        + "  # after\nconversations: {a: b}\n",
    ),
    "no last line end": (
        "repositories:\n- id: a\n  name: a\n  team: t",
        "repositories:\n- id: a\n  name: a\n  team: t\n" + ENTRY,
    ),
}


@pytest.mark.parametrize(("before", "after"), FILES.values(), ids=FILES)
def test_a_repository_is_added_and_comments_stay(tmp_path, before, after):
    path = tmp_path / "platform.yml"
    path.write_text(before)
    append(tmp_path, NEW)
    assert path.read_text() == after
    assert read_platform(tmp_path).repositories[-1] == NEW


REFUSED = {
    "a list in one line": ("repositories: [{id: a, name: a, team: t}]\n", "by hand"),
    "the same name": ("repositories:\n- {id: a, name: new, team: t}\n", "'new' is given twice"),
    "a broken file": ("repositories: [\n", "not valid YAML"),
}


@pytest.mark.parametrize(("before", "message"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_cannot_be_added_to_is_left_as_it_is(tmp_path, before, message):
    path = tmp_path / "platform.yml"
    path.write_text(before)
    with pytest.raises(SettingsError, match=message):
        append(tmp_path, NEW)
    assert path.read_text() == before
