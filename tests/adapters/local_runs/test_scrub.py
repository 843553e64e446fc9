"""No secret comes through, however it arrives; ordinary words do."""

import pytest

from adapters.local_runs.run_log import LOG_FULL, RunLog
from adapters.local_runs.scrub import KEEP_AT_MOST, Scrubber, scrub

DAPI = "dapi" + "0123456789abcdef" * 2
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLXBhcnQ"
KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nq83vEjRWeJA\n-----END RSA PRIVATE KEY-----"
)
SECRETS = {
    f"token {DAPI} ok": "token *** ok",
    f"{DAPI}-3": "***",
    f"jwt={JWT};": "jwt=***;",
    "ghp_" + "a1B2" * 9: "***",
    "github_pat_" + "a1B2_" * 9: "***",
    "AKIA" + "ABCD1234" * 2: "***",
    "AccountName=a;AccountKey=c2VjcmV0==;End=b": "AccountName=a;AccountKey=***;End=b",
    "SharedAccessKey=abc123": "SharedAccessKey=***",
    "https://a.example/x?sv=1&sig=abcDEF123%3D&se=2": "https://a.example/x?sv=1&sig=***&se=2",
    "Authorization: Bearer abc.def": "Authorization: Bearer ***",
    "password = 'hunter2hunter2'": "password = '***'",
    "API_KEY=0123456789": "API_KEY=***",
    "http://user:word@host/a": "http://***@host/a",
    "the value of a setting is swordfish": "the value of a setting is ***",
    f"a {KEY} b": "a *** b",
}


@pytest.mark.parametrize("text", SECRETS)
def test_a_secret_is_masked(text: str):
    assert scrub(text, ["swordfish"]) == SECRETS[text]


@pytest.mark.parametrize(
    "text",
    [
        "auc=0.81 loss=0.2",
        "https://models.example/a?b=c",
        "ValueError: no column 'age' at src/train.py:12",
        "sha256:" + "0123456789abcdef" * 4,
        "the token was refused",
        "/home/a/environments/0123456789abcdef/lib",
    ],
)
def test_ordinary_text_stays(text: str):
    assert scrub(text, ["abc", ""]) == text


@pytest.mark.parametrize("size", [1, 7, 64, 5000])
def test_pieces_make_no_difference(size: int):
    text = "\n".join([*SECRETS, "x" * 9000, "end"]).encode()
    scrubber = Scrubber(["swordfish"])
    pieces = [scrubber.feed(text[at : at + size]) for at in range(0, len(text), size)]
    assert b"".join([*pieces, scrubber.finish()]).decode() == scrub(text.decode(), ["swordfish"])


def test_a_secret_in_an_endless_line_is_masked_wherever_it_is_cut():
    line = (b"z" * 997 + b" " + DAPI.encode() + b" ") * (3 * KEEP_AT_MOST // 1000)
    scrubber = Scrubber()
    pieces = [scrubber.feed(line[at : at + 1000]) for at in range(0, len(line), 1000)]
    written = b"".join([*pieces, scrubber.finish()])
    assert DAPI.encode() not in written
    assert len(pieces[-1]) < KEEP_AT_MOST
    assert written.count(b"***") == line.count(b"dapi")


def test_lines_are_written_as_soon_as_they_are_whole(tmp_path):
    with RunLog(tmp_path / "log", ()) as log:
        log.write(b"one\ntwo")
        assert (tmp_path / "log").read_bytes() == b"one\n"
    assert (tmp_path / "log").read_bytes() == b"one\ntwo"


def test_a_log_has_an_end(tmp_path):
    for _ in range(2):
        with RunLog(tmp_path / "log", (), limit_bytes=100) as log:
            for _ in range(50):
                log.write(b"0123456789\n")
    written = (tmp_path / "log").read_bytes()
    assert written.endswith(LOG_FULL)
    assert len(written) == 100 + len(LOG_FULL)
