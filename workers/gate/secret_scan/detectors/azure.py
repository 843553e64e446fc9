"""Finds keys, signatures and client secrets of Azure and Entra, and tokens of Azure DevOps.

Forms: https://learn.microsoft.com/purview/sit-sensitive-information-type-entity-definitions
"""

import re
from collections.abc import Iterator
from typing import Final

from workers.gate.secret_scan.detectors.detector import (
    Detector,
    Hit,
    Pattern,
    PatternDetector,
    ScannedPage,
    is_real,
    token,
)
from workers.gate.secret_scan.placeholders import is_placeholder
from workers.gate.secret_scan.text import decoded, printable
from workers.gate.secret_scan.values import MOST_PAIRS, wordiness

LEAST_DIGITS: Final = 3  # A random token of 52 characters has about ten digits.
LEAST_SIGNS: Final = 15  # A signature has at least this many different characters.

_KEY_64: Final = re.compile(
    r"(?<![\w+/\-])(?P<secret>[A-Za-z0-9+/]{85}[AQgw]==)(?![\w+/=])", re.ASCII
)
_HASHES: Final = re.compile(
    r"sha-?(?:2|3|256|384|512)|integrity|digest|checksum|hash|signature|fingerprint|thumbprint|"
    r"public|x5c|\bpin\b|hmac"
)
_KINDS: Final = (
    (re.compile(r"cosmos|documents\.azure"), "Azure Cosmos DB key"),
    (re.compile(r"batch"), "Azure Batch key"),
)
_PAT: Final = re.compile(r"(?<![\w+/\-])(?P<secret>[a-z0-9]{52})(?![\w+/=\-])", re.ASCII)
_PAT_NEAR: Final = re.compile(
    r"(?<![a-z])pat(?![a-z])|azure[-_ ]?devops|azdo|\bado\b|dev\.azure|visualstudio|personal.access"
)
_BASE32: Final = re.compile(r"[a-z2-7]{52}")


class AzureKeys(Detector):
    """Finds 64 bytes in base64, which are a key unless the line says that they are a hash."""

    secret_type = "Azure account key"  # noqa: S105 - the name of a kind

    def hits(self, page: ScannedPage) -> Iterator[Hit]:
        for match in page.matches(_KEY_64, ("==",), before=100, after=4):
            before = page.line_before(match.start())
            # Base64 that decodes to text is no key; it may be the cursor of a paged list.
            is_text = printable(decoded(match["secret"]))
            if is_real(match["secret"]) and not is_text and not _HASHES.search(before):
                yield Hit(_kind(before), match.start(), match["secret"])


def _kind(before: str) -> str:
    named = (kind for form, kind in _KINDS if form.search(before))
    return next(named, "Azure storage account key")


class AzureDevOpsTokens(Detector):
    """Finds old tokens, which have no prefix: 52 characters, in base32 or near the host's name."""

    secret_type = "Azure DevOps personal access token"  # noqa: S105 - the name of a kind

    def hits(self, page: ScannedPage) -> Iterator[Hit]:
        for match in _PAT.finditer(page.text):
            found = match["secret"]
            if _is_drawn(found) and (_BASE32.fullmatch(found) or _is_near(page, match)):
                yield Hit(self.secret_type, match.start(), found)


def _is_drawn(found: str) -> bool:
    digits = sum(char.isdigit() for char in found)
    is_more_than_hex = bool(set(found) - set("0123456789abcdef"))
    return (
        digits >= LEAST_DIGITS
        and is_more_than_hex
        and is_real(found)
        and wordiness(found) < MOST_PAIRS
    )


def _is_near(page: ScannedPage, match: re.Match[str]) -> bool:
    after = page.low[match.end() : match.end() + 60].partition("\n")[0]
    return bool(_PAT_NEAR.search(page.line_before(match.start())) or _PAT_NEAR.search(after))


def _is_signature(value: str) -> bool:
    return len(set(value)) >= LEAST_SIGNS and not is_placeholder(value)


_MARKS: Final = ("+ACR", "+ASb", "+AEh", "AIoT", "AzSe", "AzCa", "AzFu", "AzEG")
_ANY_MARK: Final = "|".join(map(re.escape, _MARKS))


class AzureTokens(PatternDetector):
    secret_type = "Azure token"  # noqa: S105 - the name of a kind
    patterns = (
        Pattern(
            "Service Bus or Event Hub key",
            ("sharedaccesskey", "sharedsecret"),
            re.compile(
                r"(?i:SharedAccessKey|SharedSecretValue)[\"']?\s{0,9}[=:]\s{0,9}[\"']?"
                r"(?P<secret>[A-Za-z0-9+/]{42,44}={0,2})(?![\w+/])"
            ),
        ),
        Pattern(
            "Azure storage account key",
            ("accountkey",),
            re.compile(
                r"(?i:AccountKey)\s{0,9}=\s{0,9}(?P<secret>[A-Za-z0-9+/]{40,100}={0,2})(?![\w+/])"
            ),
        ),
        Pattern(
            "shared access signature (SAS)",
            ("sig=", "sig%3d"),
            re.compile(
                r"(?i)(?<![a-z])sig(?:=|%3d)(?P<secret>(?:[A-Z0-9+/_\-]|%2[bf]){40,90}"
                r"(?:={1,2}|(?:%3d){1,2})?)(?![\w+/])"
            ),
            _is_signature,
        ),
        Pattern(
            "Entra client secret",
            ("q~",),
            re.compile(
                r"(?<![\w.~\-])(?P<secret>[\w.~\-]{3}\dQ~[\w.~\-]{31,34})(?![\w~\-])", re.ASCII
            ),
        ),
        Pattern(
            "Entra client secret",
            ("clientsecretcredential(", "serviceprincipalcredential"),
            re.compile(
                r"(?:ClientSecretCredential|ServicePrincipalCredentials?)\("
                r"(?:[^,()\n]{1,120},\s{0,80}){2}(?:client_secret\s?=\s?)?"
                r"[\"'](?P<secret>[^\"'\s]{16,80})[\"']"
            ),
        ),
        token("Azure DevOps personal access token", r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}", "azdo"),
        token("Azure key", r"[A-Za-z0-9]{52}JQQJ9[A-Za-z0-9]{19,33}(?:==)?", "jqqj9"),
        token(
            "Azure key",
            rf"[A-Za-z0-9+/]{{33,44}}(?:{_ANY_MARK})[A-Za-z0-9+/]{{5,14}}={{0,2}}",
            *(mark.lower() for mark in _MARKS),
        ),
        Pattern(
            "Teams webhook",
            ("webhook.office.com/",),
            re.compile(
                r"https://[\w\-]{1,60}\.webhook\.office\.com/webhookb2/"
                r"(?P<secret>[0-9a-f\-]{36}@[0-9a-f\-]{36}/IncomingWebhook/[0-9a-f]{32})"
            ),
        ),
    )
