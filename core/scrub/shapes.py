"""Finds in bytes what looks like a secret: tokens by their form, values by the name before them."""

import re
from collections.abc import Iterator
from typing import Final

from core.scrub.known import Span

LONGEST_KEY: Final = 16384  # a private key that never ends must not swallow the rest of the log
LONGEST_BEFORE: Final = 128  # characters of an Azure key before its mark
AZURE: Final = b"jqqj99"
LETTERS: Final = b"abcdefghijklmnopqrstuvwxyz0123456789"

KEY: Final = b"private key"
KEY_BEGINS: Final = re.compile(rb"-----begin [a-z ]{0,40}private key(?: block)?-----")
KEY_ENDS: Final = re.compile(rb"-----end [a-z ]{0,40}private key(?: block)?-----")

IS: Final = (
    rb"(?:[_-]?+(?:\d{1,3}|value|prod|tst|qa|dev))?+"
    rb"\\?+[\"']?+[ \t]{0,20}+(?:=>|:=|[=:])[ \t]{0,20}+"
)
VALUE: Final = (
    rb"(?:b?+\"((?:[^\"\r\n\\]|\\.){6,}+)|b?+'((?:[^'\r\n\\]|\\.){6,}+)|\\[\"']([^\"'\r\n\\]{6,}+)"
    rb"|(?:bearer|basic|token)[ \t]{1,20}+([^\s\"',;]{6,}+)|([^\s\"',;]{6,}+))"
)
HEADER: Final = (
    rb"\\?+[\"']?+[ \t]{0,20}+[=:][ \t]{0,20}+(?:b?\\?[\"'])?+"
    rb"(?:(?:bearer|basic|digest|negotiate|ntlm|token|apikey)[ \t]{1,20}+)?+"
    rb"([^\s\"'\\][^\r\n\"'\\]*+)"
)
IN_ADDRESS: Final = (
    rb"([^\s/@:\"'<>]*+(?::[^\s/@\"'<>]*+(?:@[^\s/@\"'<>]*+(?=@))*+|(?<=[^\s/@:\"'<>]{32})))@"
)

# Each stands behind the letters that it begins with: hardly any text has many of them, and those
# are found faster than any pattern. Letters are sought in lower case, as that is much faster too.
# What is masked is the last group, or else all of it. Repetitions are possessive or bounded, so
# that nothing is tried twice.
SHAPES: Final = {
    begins: re.compile(re.escape(begins) + rest)
    for begins, rest in {
        b"passw": rb"(?:or)?d" + IS + VALUE,
        b"passphrase": IS + VALUE,
        b"pwd": IS + VALUE,
        b"secret": rb"(?:[_-]?+key)?+" + IS + VALUE,
        b"token": IS + VALUE,
        b"credential": rb"s?+" + IS + VALUE,
        b"api": rb"[_-]?+key" + IS + VALUE,
        b"access": rb"[_-]?+(?:key|signature)" + IS + VALUE,  # also SharedAccessKey
        b"account": rb"[_-]?+key" + IS + VALUE,
        b"subscription": rb"[_-]?+key" + IS + VALUE,
        b"functions": rb"[_-]?+key" + IS + VALUE,
        b"signature": IS + VALUE,
        b"authorization": HEADER,
        b"cookie": HEADER,
        b"bearer": rb"[ \t]{1,20}+([a-z0-9._~+/=-]{16,}+)",
        b"sig=": rb"([a-z0-9%+/=_-]{8,}+)",
        b"code=": rb"([a-z0-9%+/=_-]{20,}+)",
        b"dapi": rb"[0-9a-f]{32}(?:-\d)?",
        b"eyj": rb"[a-z0-9_-]{16,}+(?:\.[a-z0-9_-]*+){0,4}+",
        b"gh": rb"[pousr]_[a-z0-9]{20,}+",
        b"github_pat_": rb"[a-z0-9_]{20,}+",
        b"glpat-": rb"[a-z0-9_-]{16,}+",
        b"xox": rb"[abeoprs]-[a-z0-9-]{10,}+",
        b"akia": rb"[0-9a-z]{16}(?![a-z0-9])",
        AZURE: rb"[a-z0-9]{20,}+",
        b"://": IN_ADDRESS,
    }.items()
}


def shapes(lowered: bytes) -> list[Span]:
    """Return what is masked of each secret in a text of lower case, in any order."""
    spans = [
        found.span(found.lastindex or 0)
        for begins, shape in SHAPES.items()
        if begins in lowered
        for found in shape.finditer(lowered)
    ]
    return [_azure(lowered, span) for span in spans] if AZURE in lowered else spans


def _azure(lowered: bytes, span: Span) -> Span:
    """The key of an Azure service has its mark in its middle."""
    begin, end = span
    if not lowered.startswith(AZURE, begin):
        return span
    before = lowered[max(0, begin - LONGEST_BEFORE) : begin]
    return begin - len(before) + len(before.rstrip(LETTERS)), end


def private_keys(lowered: bytes) -> Iterator[Span]:
    """Yield each private key; one without an end may end behind the text."""
    if KEY not in lowered:
        return
    at = 0
    while begins := KEY_BEGINS.search(lowered, at):
        ends = KEY_ENDS.search(lowered, begins.end(), begins.end() + LONGEST_KEY)
        at = ends.end() if ends else begins.end() + LONGEST_KEY
        yield begins.start(), at
