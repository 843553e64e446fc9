"""Finds values assigned to telling names such as ``password``, in any language."""

import re
from collections.abc import Iterator
from typing import Final

from workers.gate.secret_scan import values
from workers.gate.secret_scan.detectors.detector import Detector, Hit, ScannedPage
from workers.gate.secret_scan.names import Promise, promise
from workers.gate.secret_scan.placeholders import is_open

KINDS: Final = {
    Promise.PASSWORD: "password",
    Promise.TOKEN: "key or token",
    Promise.PERHAPS: "key",
}
LONGEST_NAME: Final = 80

# Every name that may promise a secret contains one of these stems.
_STEM: Final = re.compile(
    r"pass|pwd|secret|token|key|cred|auth|bearer|webhook|contrase|kennwort|adgangskode|salasana|"
    r"l[oö]senord|wachtwoord|kodeord|hemlighet|hemmelig|(?<![a-z])(?:pat|sas|pw|psw|pswd)(?![a-z])"
)
_NAME_END: Final = re.compile(r"[\w.\-]{0,120}")
_NAME_SIGNS: Final = frozenset("-._")

# password: str = "…", Dim password As String = "…", param password string = '…'
_OPERATOR: Final = re.compile(
    r"(?P<close>[\"'`*\])]{0,4})[ \t]{0,40}"
    r"(?:(?P<typed>:[ \t]{0,4}[A-Za-z_][\w.\[\]| ]{0,40}=(?![=\s]*(?:\n|\Z)|=))"
    r"|(?P<declared>(?:as )?(?:secure)?string[ \t]{0,4}=(?!=))"
    r"|(?P<op>:=|=>|={1,3}|!==?|<-|:(?!:)|,|\||>|\bis\b)?)"
    r"[* \t]{0,40}",
    re.IGNORECASE,
)
# environ["X"] or "…", getenv("X", "…"), and SecretStr("…") or Field(default=SecretStr("…"))
_AROUND: Final = (
    r"(?P<call>[\w.]{1,60}[(\[][^)\]\n]{0,80}[)\]]\s{1,3}(?:or|\|\||\?\?)\s{1,3}|"
    r"[\w.]{0,60}(?:env|config|get|param|parameter)\(\s{0,40}[\"'][\w.\-]{1,80}[\"'],\s{0,40}"
    r"(?:[a-z_]{1,20}\s?=\s?)?|"
    r"(?:(?:\w{1,40}\.){0,4}(?:secretstr|secret|field|str|quote|quote_plus|b64decode|bytes|fromhex|unhexlify|default|"
    r"securestring|option|argument|attrib|ib)\(\s{0,40}(?:[a-z_]{1,20}\s?=\s?)?){1,3}|)"
)
_QUOTED: Final = re.compile(
    rf"[\s(\[]{{0,80}}{_AROUND}[rbfun]{{0,2}}"
    r"(?:\"{3}(?P<a>[^\"\n\v]{1,512})\"{3}|\"(?P<b>[^\"\n\v]{1,512})\"|"
    r"'(?P<c>[^'\n\v]{1,512})'|`(?P<d>[^`\n\v]{1,512})`)",
    re.IGNORECASE,
)
_BARE: Final = re.compile(
    r"(?:[>|][-+]?[ \t]{0,9}\n[ \t]{1,40})?(?P<value>[^\s\"'`<>|,]{4,512})"  # or a block of YAML
)
_SHELL_DEFAULT: Final = re.compile(r"\"?\$\{\w{1,80}:?[-=](?P<value>[^}\s\"']{4,256})\}")
# These names set a password; others with the same word ask for one or check it.
_SETS: Final = re.compile(r"(?:^|[._])(?:set|with|use|put|add|update|change|reset)[_A-Z]|^\.\w+$")
_HANDED: Final = re.compile(
    r"\([ \t]{0,9}[rbf]?(?:\"(?P<a>[^\"\n\v]{4,256})\"|'(?P<b>[^'\n\v]{4,256})')\s{0,9}\)"
)
_COMMAND: Final = re.compile(
    r"(?:^|[^\w])(?:env|arg|setx|machine|login|identified by|with|user|role)\s"
)
# In code a bare word is a name; a value that no name can have stands in a comment or a string.
_NO_CODE: Final = re.compile(
    r"(?=.*\d)(?=.*[!@#$^~%&?*+=/])[^()\[\]{}]+|(?=.*[a-zA-Z])\d[\w\-+/=]{15,}"
)


_QUOTE: Final = re.compile(r"[\"']")


class Assignments(Detector):
    secret_type = "assigned secret"  # noqa: S105 - the name of a kind

    def hits(self, page: ScannedPage) -> Iterator[Hit]:
        at = 0
        while stem := _STEM.search(page.low, at):
            start = _name_start(page.text, stem.start())
            at = _name_end(page.text, stem.end())
            made = promise(page.text[start:at].strip(".-"))
            if made is not Promise.NOTHING:
                yield from _assigned(page, start, at, made)


def _name_start(text: str, at: int) -> int:
    first = max(0, at - LONGEST_NAME)
    while at > first and (text[at - 1].isalnum() or text[at - 1] in _NAME_SIGNS):
        at -= 1
    return at


def _name_end(text: str, at: int) -> int:
    match = _NAME_END.match(text, at)
    assert match is not None
    return match.end()


def _assigned(page: ScannedPage, start: int, end: int, made: Promise) -> Iterator[Hit]:
    if handed := _HANDED.match(page.text, end):
        if _SETS.search(page.text[max(0, start - 1) : end]):
            group = str(handed.lastgroup)
            yield from judged(page, handed.start(group), handed[group], made)
        return
    operator = _OPERATOR.match(page.text, end)
    assert operator is not None
    if not _is_operator(page, start, operator, made):
        return
    if default := _SHELL_DEFAULT.match(page.text, operator.end()):
        yield from judged(page, default.start("value"), default["value"], made)
        return
    quoted = _QUOTED.match(page.text, operator.end())
    if quoted is None:
        yield from _bare(page, start, operator, made)
    elif "secrets.get" not in quoted["call"]:
        group = str(quoted.lastgroup)
        yield from judged(page, quoted.start(group), quoted[group], made)


def _is_operator(page: ScannedPage, start: int, operator: re.Match[str], made: Promise) -> bool:
    """Tell whether an operator stands there; in ``--password x`` and the like, a space is one."""
    if operator["op"] == ",":
        is_a_line = page.text[operator.end() : operator.end() + 1] != "\n"
        return is_a_line and bool(set(operator["close"]) & set("\"'"))
    if operator["op"] == ">":
        return page.text[max(0, start - 1) : start] == "<"
    if operator["op"] or operator["typed"] or operator["declared"]:
        return True
    if not operator[0].endswith((" ", "\t")):
        return False
    name = page.text[start : operator.start()]
    if page.text[max(0, start - 2) : start].endswith(("$", "${")):
        return False  # The variable's value is used here, not set.
    if name.startswith("-") or name.isupper() or page.path.endswith("netrc"):
        return True
    is_quoted = page.text[operator.end() : operator.end() + 1] in {"'", '"'}
    is_said = made is Promise.PASSWORD and is_quoted and name.lower() != "pass"  # it is a verb
    return is_said or bool(_COMMAND.search(page.line_before(start)))


def _bare(page: ScannedPage, start: int, operator: re.Match[str], made: Promise) -> Iterator[Hit]:
    match = _BARE.match(page.text, operator.end())
    if match is None or operator["op"] == ",":
        return
    value = match["value"].partition(";")[0].rstrip(".,:)]}*\\")
    if page.text[max(0, start - 1) : start] in {"?", "&"}:
        value = value.partition("&")[0]
    if "(" in value or "::" in value or (page.is_code and not _is_no_name(page, start, value)):
        return
    yield from judged(page, match.start("value"), value, made)


def _is_no_name(page: ScannedPage, start: int, value: str) -> bool:
    """Tell whether a bare value is no name: no name looks so, or it stands in a longer string."""
    quotes = _QUOTE.findall(page.line_before(start, 400))
    is_in_a_string = len(quotes) % 2 == 1
    return bool(_NO_CODE.fullmatch(value)) or (is_in_a_string and values.is_chosen_for_sure(value))


def judged(page: ScannedPage, at: int, value: str, made: Promise) -> Iterator[Hit]:
    """Yield the value as a hit, if it looks like what its name promises."""
    value = value.strip()
    if _fits(value, made, is_test=page.is_test) and is_open(value):
        yield Hit(KINDS[made], at, value)


def _fits(value: str, made: Promise, *, is_test: bool) -> bool:
    if value.startswith("eyJ") and value.count("."):
        return False  # A JSON web token, or the start of one, is left to its own detector.
    if made is Promise.PERHAPS:
        return values.is_key_material(value)
    if values.is_random(value):
        return True
    if made is Promise.TOKEN:
        return values.is_strong(value)
    if is_test:
        return values.is_strong(value) or values.is_chosen_with_care(value)
    return values.is_chosen(value) or values.is_gibberish(value) or values.is_pin(value)
