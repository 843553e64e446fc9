"""Finds passwords in connection strings, and credentials passed to a program or a class."""

import re
from collections.abc import Iterator
from typing import Final

from workers.gate.secret_scan import values
from workers.gate.secret_scan.detectors.detector import Detector, Hit, ScannedPage
from workers.gate.secret_scan.names import Promise, promise
from workers.gate.secret_scan.placeholders import is_open

_PAIR: Final = re.compile(
    r"(?:^|[;\s\"'`?&:>])(?:password|pwd|passwd)\s{0,4}=\s{0,4}"
    r"(?P<secret>\{[^}\n]{3,128}\}|[^;\s\"'`<>&]{3,128})",
    re.IGNORECASE | re.MULTILINE,
)
_OTHER_PAIR: Final = re.compile(
    r"(?:server|data source|host|user id|uid|user|username|endpoint|driver|database|"
    r"initial catalog|dbname|port|address|account)\s{0,4}=[^\n]"
)
# A value of this form is a name or a call.
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z_.]*[,)\]]*|.*[(=].*")
_VALUE: Final = r"[\"']?(?P<secret>[^\s\"'`<>|]{4,256})"

# az login … -p x; docker login … -p x
_PASSWORD_OPTION: Final = re.compile(
    r"(?:az|docker|helm|podman|oras|sqlcmd|twine|databricks|snowsql|bcp|unzip)(?:\s[^\n]{0,200}?)?\s"
    rf"(?:-p|--password)[ =]{_VALUE}",
    re.IGNORECASE,
)
_OTHER_OPTION: Final = re.compile(
    r"(?:convertto-securestring\s+(?:-string\s+)?|sshpass\s+-p\s?|"
    r"mysql(?:dump)?\s[^\n]{0,200}?\s-p|--string-value[ =]|"
    rf"secret set\s[^\n]{{0,200}}?--value[ =]){_VALUE}",
    re.IGNORECASE,
)
# Each of these programs has an option of its own for the password.
_OWN_OPTION: Final = re.compile(
    r"(?:redis-cli\s[^\n]{0,200}?-a\s|(?:mongosh?|mongodump|impala-shell|smbmap)\s[^\n]{0,200}?-p\s|"
    r"ldap(?:search|modify|add|delete|whoami)\s[^\n]{0,200}?-w\s|"
    r"(?:keytool|jarsigner)\s[^\n]{0,200}?-(?:store|key|deststore|srcstore)pass\s|"
    r"(?:smbclient|rpcclient)\s[^\n]{0,200}?-U\s?[\"']?[\w.\-\\/]{1,60}%|"
    r"(?:lftp|sftp|mount\.cifs)\s[^\n]{0,200}?-u\s?[\"']?[\w.\-]{1,60},|"
    rf"htpasswd\s+-\w*b\w*\s[^\n]{{0,100}}?[\w.\-]{{1,60}}\s|7z[ar]?\s[^\n]{{0,200}}?-p){_VALUE}",
    re.IGNORECASE,
)
_USER_OPTION: Final = re.compile(
    r"(?:curl|wget|https?)(?:\s[^\n]{0,300}?)?\s(?:-u|--user|-a)[ =]?[\"']?[\w.\-@\\]{0,80}:[\"']?"
    r"(?P<secret>[^\s\"'`<>|]{4,256})"
)
_PIPED: Final = re.compile(
    r"(?:echo|printf)\s[^\n\"']{0,40}[\"']?(?P<secret>[^\s\"'|]{6,256})[\"']?\s*\|[^\n]{0,120}"
    r"(?:-stdin|login|sudo\s[^\n]{0,20}-S)"
)
_ARGUMENT: Final = re.compile(
    r"(?:auth\s?=\s?|basicauth|authentication|credentials?|login|connect|fernet|getconnection|"
    r"jwt\.(?:en|de)code)\(\s{0,40}(?:[\w.]{1,40}\s?,\s?)?"
    r"(?:(?P<first>[a-z_]{1,20})\s?=\s?)?(?:[\"'][^\"'\n]{0,80}[\"']\s?,\s{0,40}){0,2}"
    r"(?:(?P<name>[a-z_]{1,20})\s?=\s?)?[rb]?[\"'](?P<secret>[^\"'\s]{6,256})[\"']",
    re.IGNORECASE,
)
# sqlplus -s USER/x@host, connect("USER/x@host"), jdbc:oracle:thin:USER/x@host
_ORACLE: Final = re.compile(
    r"(?:(?:sqlplus|sqlldr|sqlcl|expdp|impdp|rman)\s(?:[^\n]{0,120}?[\s=\"'])?|"
    r"connect\([\"']|jdbc:oracle:(?:thin|oci8?):)"
    r"[\w$#.\-]{2,60}/(?P<secret>[^\s@\"'/]{4,64})@",
    re.IGNORECASE,
)
_IDENTIFIED: Final = re.compile(
    r"identified by\s{1,9}[\"']?(?P<secret>[^\"'`\s;()]{4,128})[\"']?", re.IGNORECASE
)
_BEARER: Final = re.compile(
    r"\b(?:bearer|token|apikey|splunk)[ \t]{1,4}(?P<secret>[\w.~+/\-]{20,1000}={0,2})",
    re.IGNORECASE,
)
_FORMS: Final = (
    ("password of a command", _PASSWORD_OPTION, (" -p", "--password")),
    (
        "password of a command",
        _OTHER_OPTION,
        ("-securestring", "sshpass", "mysql", "--string-value", "secret set"),
    ),
    (
        "password of a command",
        _OWN_OPTION,
        (
            *("redis-cli", "mongo", "impala-shell", "smbmap", "ldap", "keytool", "jarsigner"),
            *("smbclient", "rpcclient", "lftp", "sftp", "mount.cifs", "htpasswd", "7z"),
        ),
    ),
    ("password of a command", _USER_OPTION, ("curl ", "wget ", "http ", "https ")),
    ("password of a command", _PIPED, ("echo ", "printf ")),
    (
        "credentials",
        _ARGUMENT,
        (
            *("auth", "credential(", "credentials(", "login(", "connect(", "fernet("),
            *("getconnection(", "jwt.encode(", "jwt.decode("),
        ),
    ),
    (
        "password of a command",
        _ORACLE,
        ("sqlplus", "sqlldr", "sqlcl", "expdp", "impdp", "rman", "connect(", "jdbc:oracle:"),
    ),
    ("password", _IDENTIFIED, ("identified by",)),
)


class HandedCredentials(Detector):
    secret_type = "password in a connection string"  # noqa: S105 - the name of a kind

    def hits(self, page: ScannedPage) -> Iterator[Hit]:
        for match in page.matches(_PAIR, ("password", "pwd", "passwd"), before=8, after=200):
            value = match["secret"].removeprefix("{").removesuffix("}")
            if not _NAME.fullmatch(value) and _is_in_a_string(page, match) and is_open(value):
                yield Hit(self.secret_type, match.start("secret"), value)
        for kind, form, hints in _FORMS:
            for match in page.matches(form, hints, before=400):
                if _may_be_secret(match):
                    yield Hit(kind, match.start("secret"), match["secret"])
        for match in page.matches(
            _BEARER, ("bearer", "token", "apikey", "splunk"), before=2, after=1100
        ):
            if values.is_random(match["secret"]) and is_open(match["secret"]):
                yield Hit("bearer token", match.start("secret"), match["secret"])


def _may_be_secret(match: re.Match[str]) -> bool:
    """Tell whether the value may be a secret: it has no name, or one that promises a secret."""
    groups = match.groupdict()
    name = groups.get("name") or groups.get("first")
    if name and promise(name) is Promise.NOTHING:
        return False
    return _is_drawn_or_chosen(match["secret"]) and is_open(match["secret"])


def _is_in_a_string(page: ScannedPage, match: re.Match[str]) -> bool:
    """Tell whether another pair of a connection string stands on the line, behind a semicolon."""
    before = page.line_before(match.start("secret"), 400)
    after = page.low[match.end() : match.end() + 200].partition("\n")[0]
    if not re.search(r"[;, ]", before.strip() + after):
        return False
    return bool(_OTHER_PAIR.search(before)) or (
        after.startswith(";") and bool(_OTHER_PAIR.search(after))
    )


def _is_drawn_or_chosen(value: str) -> bool:
    return values.is_chosen(value) or values.is_random(value) or values.is_gibberish(value)
