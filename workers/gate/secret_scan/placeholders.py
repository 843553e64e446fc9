"""Recognises values that are no secret: placeholders, and references to the real value."""

import hashlib
import re
from itertools import pairwise
from typing import Final

from workers.gate.secret_scan.text import decoded, printable, words
from workers.gate.secret_scan.values import KEY_LENGTH, is_key_material, is_random

_FEW: Final = 5  # A value with fewer different characters is a pattern.
_STEPS: Final = 0.6  # From this share of neighbours in a sequence on, the value is one.

_SAYS_SO: Final = re.compile(
    r"example|change[-_ ]?(?:me|it|this)|place[-_ ]?holder|dummy|fake|sample|redacted|masked|"
    r"replace|insert|x{4,}|\*{3,}|\.{3,}|-{4,}|_{4,}",
    re.IGNORECASE,
)
_SAYS_SO_ALONE: Final = re.compile(
    r"^(?:test|demo|tiger)|^(?:passw?(?:ord)?|token|secret|key)\d{0,4}$|^[a-z]+\?$|"
    r"(?:^|[^a-z])(?:your|my|todo|tbd|fixme|mock|foo|bar|foobar|none|null|undefined|removed|"
    r"hidden|secret[-_ ]here|goes[-_ ]here|not[-_ ]?(?:a|real|used|set|needed|secret)|some|lorem|"
    r"n/a|dev[-_]only|unit[-_]?tests?|for[-_]tests?|tests?|testing|invalid|wrong|bogus)(?![a-z])",
    re.IGNORECASE,
)
_DESCRIPTION: Final = re.compile(
    r"(?:(?:my|the|super|top|very|strong|db|user|app|api|client|access|auth|aws|azure|secret|"
    r"password|passwd|pass|pwd|pw|token|key|value|string|here|name|scope|env|var|ref)[-_. ]?)+",
    re.IGNORECASE,
)
_REFERENCE: Final = re.compile(
    r"^[$%]?[{(<\[]|[>\]})]{2}$|^<.*>$|\$\{|\$\(|\{\{|^\$[A-Za-z_]\w*(?:$|/)|^[&:@]{1,2}[A-Za-z_]+$|^%[\w.]+%$|%\(\w+\)s|^[a-z_./:\-]*%[sd][a-z_./:\-]*$|"
    r"\{[\w.\[\]'\"!:()]*\}|key_?vault|secret_?ref|^@microsoft|^enc[\[(]|^![a-z_]+$|^#\{|"
    r"^(?:vault|env|ssm|sops|op|secrets?|akv|file|arn|projects)[:/]|^\$ansible|"
    r"^(?:os|self|args|cfg|config|settings|process|dbutils|var|local|data)\.|^__\w+__$",
    re.IGNORECASE,
)
_HASH: Final = re.compile(r"^\$\w{1,12}\$|^\{\w{2,10}\}|^sha\d{1,3}[:\-]", re.IGNORECASE)
_EXPRESSION: Final = re.compile(
    r"[a-z][.\-]\$[A-Z]?\d|\\[wdsbS]|\(\?|\[\^?\w-\w|\{\d+(?:,\d*)?\}|^\^\(|\w\?\.\w"
)
_PUBLISHABLE: Final = re.compile(r"pk_(?:live|test)_\w+")
_PATH: Final = re.compile(
    r"(?:[a-z][a-z0-9+]*:/)?(?:\.{0,2}/|~/|[A-Za-z]:\\)[\w./\\ ?=&-]+|https?:.*"
)
_WELL_KNOWN: Final = words("""
    password passw0rd passwort secret admin administrator root guest user username postgres mysql
    mssql sa oracle scott default public anonymous true false yes no on off string str int required
    optional basic bearer token hunter hunter2 pwd azerty qwerty qwerty123 abc123 123456 admin123
    secret123 minioadmin rabbitmq redis mongo sqlite airflow mlflow jovyan databricks prefix profile
    latin1 utf8 utf-8
""")
# Each storage and Cosmos DB emulator has one public key; these are starts of their SHA-256.
_EMULATORS: Final = words("0011cc25eb43 aa6547439583")
_KEY: Final = 88


def is_placeholder(value: str) -> bool:
    """Tell whether the value is a known word, one character repeated, or a sequence."""
    if _is_said(value) or _is_said(printable(decoded(value))):
        return True
    if len(set(value)) < min(_FEW, len(value)) or _is_sequence(value):
        return True
    if len(value) == _KEY and _digest(value) in _EMULATORS:
        return True
    # A long random value may contain a short word by chance.
    return not is_random(value, KEY_LENGTH) and bool(_SAYS_SO_ALONE.search(value))


def _is_said(value: str) -> bool:
    is_word = value.lower() in _WELL_KNOWN or _DESCRIPTION.fullmatch(value)
    return bool(is_word or _SAYS_SO.search(value))


def is_reference(value: str) -> bool:
    """Tell whether it names a source (a variable, template, vault or file), or is only a hash."""
    if any(form.search(value) for form in (_REFERENCE, _HASH, _EXPRESSION)):
        return True
    if _PUBLISHABLE.fullmatch(value):
        return True
    # A key in base64 may begin with "/" as well.
    return bool(_PATH.fullmatch(value)) and not is_key_material(value)


def is_open(value: str) -> bool:
    """Tell whether it is the value itself, neither a placeholder nor a reference."""
    return not is_placeholder(value) and not is_reference(value)


def _is_sequence(value: str) -> bool:
    """Tell whether most of the value is a sequence such as ``abcdef`` or ``123456``."""
    steps = sum(ord(right) - ord(left) == 1 for left, right in pairwise(value.lower()))
    return steps >= max(3, _STEPS * (len(value) - 1))


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:12]
