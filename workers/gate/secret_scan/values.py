"""Judges what a value looks like: made by a machine, chosen by a person, or no secret."""

import re
from itertools import pairwise
from typing import Final

from workers.gate.secret_scan.text import words

# The share of letter pairs usual in words: random text has 0.2, names 0.6.
MOST_PAIRS: Final = 0.45
TOKEN_LENGTH: Final = 16
KEY_LENGTH: Final = 24
STRONG_LENGTH: Final = 10
CAREFUL_LENGTH: Final = 12
PIN_LENGTH: Final = 8
PASSWORD_LENGTHS: Final = range(6, 129)
THREE_KINDS: Final = 3
LEAST_TURNS: Final = 3  # This many capitals have to follow other letters.

_PAIRS: Final = words("""
    th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co
    me de hi ri ro ic ne ea ra ce li ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no ct us
    ac ot il tr ly nc et ut ss so rs un lo wa ge ie wh ee wi em ad ol rt po we na ul ni ts mo ow pa
    im mi ai sh ir su id os iv ia am fi ci vi pl ig tu ev ld ry mp fe bl ab gh ty op wo sa ay ex ke
    ag pp da do sk ck ba ue ap bu up qu um cu va bo gr cl ub ob cr sc sp og od rk oc mb ef dl ds db
    ks gi ga go gu ff by my au av ov ew lt rd rg rm rn rv ms ey
""")
_PART: Final = r"(?:[a-z]+(?:\d{1,4}[a-z]*)?|\d{1,8}|\d{1,4}[a-z]\d?)"
_NAME: Final = re.compile(
    rf"{_PART}(?:[-_./: ]{_PART})+|"
    r"[A-Z]+\d{0,4}(?:[-_.](?:[A-Z]+\d{0,4}|\d{1,8}))+|"
    r"[A-Za-z]+(?:[-_./: ][A-Za-z]+)*"
)
_TERM: Final = re.compile(
    r"[A-Z]{2,}[a-z]?\d+|[A-Za-z]+[-_./]?v?\d+(?:[.\-_]\w+)+|\S*[/\\]\S*"
)  # SHA256, Python-3.11
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HEX: Final = re.compile(r"(?:0x)?(?:[0-9a-f]+|[0-9A-F]+)")
_TOKEN: Final = re.compile(r"[\w+/=.~\-]+", re.ASCII)
_TURN: Final = re.compile(r"[a-z](?=[A-Z])|[A-Z](?=[A-Z])")
_DATE: Final = re.compile(r"[\d\-:./TZ+ ,%]+")
_KINDS: Final = {
    "digit": re.compile(r"\d"),
    "lower": re.compile(r"[a-zåäöæøéü]"),
    "upper": re.compile(r"[A-ZÅÄÖÆØÉÜ]"),
    # No name and no path has these characters.
    "sign": re.compile(r"[^\w\-./:,;()\[\]{}<> '\"\\|=]"),
}


def is_uuid(value: str) -> bool:
    return bool(_UUID.fullmatch(value))


def is_hex(value: str) -> bool:
    return bool(_HEX.fullmatch(value))


def wordiness(value: str) -> float:
    """Return the share (0 to 1) of neighbouring characters that are usual in words."""
    pairs = [left + right for left, right in pairwise(value.lower())]
    return sum(pair in _PAIRS for pair in pairs) / max(1, len(pairs))


def is_random(value: str, least: int = TOKEN_LENGTH) -> bool:
    """Tell whether a machine may have made it: long, of mixed characters, and without words."""
    if len(value) < least or not _TOKEN.fullmatch(value) or _DATE.fullmatch(value):
        return False
    if _NAME.fullmatch(value) and not value.isalpha():
        return False
    if len(set(value)) < min(len(value) / 2.5, 10) or wordiness(value) > MOST_PAIRS:
        return False
    kinds = _kinds(value)
    return {"digit"} < kinds or {"lower", "upper"} <= kinds


def is_key_material(value: str) -> bool:
    """Tell whether it is random and has more kinds of characters than a hexadecimal hash."""
    return is_random(value, KEY_LENGTH) and {"digit", "lower", "upper"} <= _kinds(value)


def is_chosen(value: str) -> bool:
    """Tell whether a person may have chosen it: letters with digits or signs, and no mere name."""
    if len(value) not in PASSWORD_LENGTHS or re.search(r"\s", value):
        return False
    if _NAME.fullmatch(value) or _DATE.fullmatch(value) or is_uuid(value):
        return False
    kinds = _kinds(value)
    return bool(kinds & {"lower", "upper"}) and bool(kinds & {"digit", "sign"})


def is_strong(value: str) -> bool:
    """Tell whether it was chosen with care: ten or more characters of three kinds, no compound."""
    kinds = _kinds(value)
    if len(value) < STRONG_LENGTH or len(kinds) < THREE_KINDS or not is_chosen(value):
        return False
    return "sign" in kinds or wordiness(value) <= MOST_PAIRS


def is_chosen_with_care(value: str) -> bool:
    """Tell whether it has letters of both cases and digits, as password rules ask for."""
    return len(value) >= CAREFUL_LENGTH and len(_kinds(value)) >= THREE_KINDS and is_chosen(value)


def is_chosen_for_sure(value: str) -> bool:
    """Tell whether it is a password even where any word could stand: both cases and digits."""
    kinds = _kinds(value)
    if not {"lower", "upper", "digit"} <= kinds or not is_chosen(value):
        return False
    return "sign" in kinds or not _TERM.fullmatch(value)


def is_pin(value: str) -> bool:
    """Tell whether it is a PIN: digits alone, and too many of them for a mere count."""
    return value.isdecimal() and len(value) in range(PIN_LENGTH, PASSWORD_LENGTHS.stop)


def is_gibberish(value: str) -> bool:
    """Tell whether it is letters that form no word, with capitals inside."""
    if len(value) < STRONG_LENGTH or not value.isalpha():
        return False
    turns = len(_TURN.findall(value))
    return wordiness(value) < (MOST_PAIRS if turns >= LEAST_TURNS else MOST_PAIRS / 2)


def _kinds(value: str) -> set[str]:
    return {kind for kind, form in _KINDS.items() if form.search(value)}
