"""One thing that an environment file asks for, or a line of it that asks for something else."""

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    PACKAGE = "package"
    INTERPRETER = "interpreter"  # conda's own python and pip
    NOT_PYTHON = "no Python package"  # what conda can bring, and pip cannot
    OPTION = "option"  # of pip: -r, -c, -e, --index-url
    ADDRESS = "address"  # a folder, a file or a URL in place of a name
    UNREADABLE = "unreadable"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """``text`` is how pip would write it; ``wrong`` and ``mend`` are of what is no package.

    ``is_conda``: conda brings it, which knows packages that no index of Python's has.
    Only what is unreadable brings its own ``mend``: about the others the reader has its say.
    """

    kind: Kind
    text: str
    line: int = 0
    wrong: str = ""
    mend: str = ""
    is_conda: bool = False


def unreadable(text: str, wrong: str, mend: str, line: int = 0) -> Entry:
    return Entry(kind=Kind.UNREADABLE, text=text, line=line, wrong=wrong, mend=mend)
