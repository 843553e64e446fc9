"""No secret comes through, however it arrives; ordinary words do."""

import base64
import html
import json
import re
import stat
import time
from urllib.parse import quote, quote_plus

import markupsafe
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adapters.local_runs.run_log import LOG_FULL, RunLog
from core.scrub import Scrubber, scrub
from core.scrub.known import CUT
from core.scrub.scrubber import LONGEST_LINE

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
    f'private_key: "{KEY.replace(chr(10), "@n").replace("@", chr(92))}"': 'private_key: "***"',
    "api-key: 0123456789abcdef": "api-key: ***",
    "X-Api-Key: 0123456789abcdef": "X-Api-Key: ***",
    "Ocp-Apim-Subscription-Key: 0123456789": "Ocp-Apim-Subscription-Key: ***",
    "x-functions-key=0123456789": "x-functions-key=***",
    "{'Authorization': 'Basic bWU6eW91', 'a': 1}": "{'Authorization': 'Basic ***', 'a': 1}",
    "Set-Cookie: session=abc; HttpOnly": "Set-Cookie: ***",
    '{"client_secret": "a b c d e"}': '{"client_secret": "***"}',
    r'{"token": "a\"bcdefgh"}': '{"token": "***"}',
    r"{\"password\": \"hunter2hunter2\"}": r"{\"password\": \"***\"}",
    "token: Bearer short-one": "token: Bearer ***",
    "SECRET_KEY = b'hunter2hunter2'": "SECRET_KEY = b'***'",
    "DB_PASSWORD_PROD=hunter2hunter2": "DB_PASSWORD_PROD=***",
    "https://me:p@ss:w@host/a": "https://***@host/a",
    "https://" + "a1b2" * 13 + "@host/a": "https://***@host/a",
    "redis://:hunter2@host/0": "redis://***@host/0",
    "secret=token=hunter2hunter2": "secret=***",
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
        "password:\n  INFO next line",
        "https://somebody@git.example/a/_git/b",
        "abfss://container@account.dfs.core.windows.net/a",
        "returncode=1 config=production-settings",
        "token_count = 1234567, tokens: 1234567, tokenizer=wordpiece",
    ],
)
def test_ordinary_text_stays(text: str):
    assert scrub(text, ["abc", ""]) == text


@pytest.mark.parametrize("size", [1, 7, 64, 5000])
def test_pieces_make_no_difference(size: int):
    text = "\n".join([*SECRETS, "x" * 9000, "end"]).encode()
    assert in_pieces(text, size, ["swordfish"]).decode() == scrub(text.decode(), ["swordfish"])


def in_pieces(text, size, secrets=()):
    scrubber = Scrubber(secrets)
    pieces = [scrubber.feed(text[at : at + size]) for at in range(0, len(text), size)]
    return b"".join([*pieces, scrubber.finish()])


KNOWN = "Sword'fish/ä 22+%"
SPELLED = {
    "plain": KNOWN,
    "in an address": quote(KNOWN, safe=""),
    "in an address, in small letters": quote(KNOWN, safe="").lower().replace("sword", "Sword"),
    "in a form": quote_plus(KNOWN),
    "in JSON": json.dumps(KNOWN)[1:-1],
    "as bytes": repr(KNOWN.encode())[2:-1],
    "in HTML": html.escape(KNOWN),
    "on a page of ours": str(markupsafe.escape(KNOWN)),
    "in hexadecimal": KNOWN.encode().hex(),
}


@pytest.mark.parametrize("spelled", SPELLED.values(), ids=SPELLED)
def test_a_known_secret_is_masked_in_each_of_its_spellings(spelled: str):
    assert scrub(f"it is x{spelled}y here", [KNOWN]) == "it is x***y here"


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "me:", "you:", "them!:"])
@pytest.mark.parametrize("after", ["", ":a", ":ab"])
def test_a_known_secret_is_masked_in_base64_wherever_it_stands(encode, before: str, after: str):
    encoded = encode(f"{before}{KNOWN}{after}".encode()).decode()
    shown = re.fullmatch(r"it is (\S*)\*\*\*(\S*) here", scrub(f"it is {encoded} here", [KNOWN]))
    of_others = len(before) * 8 // 6 + len(after) * 8 // 6
    assert len(shown[1]) + len(shown[2]) <= of_others + 6  # signs that it shares, and padding


def test_a_secret_that_is_known_in_its_address_is_known_plain():
    assert scrub("it is Sword/fish now", ["Sword%2Ffish"]) == "it is *** now"


def test_of_a_secret_with_lines_each_line_is_masked():
    assert (
        scrub("a first-line b\nc second-line d", ["first-line\nsecond-line\n"])
        == "a *** b\nc *** d"
    )


@settings(deadline=None)
@given(
    secrets=st.lists(st.text(st.characters(codec="ascii"), min_size=6), min_size=1, max_size=30),
    before=st.text(max_size=20),
    data=st.data(),
)
def test_no_known_secret_comes_through_wherever_it_stands(secrets, before, data):
    secret = data.draw(st.sampled_from(secrets))
    line = secret.splitlines()[0].strip() if secret.strip() else ""
    assume(len(line) >= 6)
    assert line not in scrub(f"{before}{line} and more", secrets).replace("***", "")


@pytest.mark.parametrize("before", range(LONGEST_LINE - 45, LONGEST_LINE + 5, 3))
@pytest.mark.parametrize("size", [1000, 8192, 70000])
@pytest.mark.parametrize("secret", [DAPI, "swordfish-swordfish", JWT, f"token={DAPI[4:]}"], ids=len)
def test_a_secret_at_a_cut_does_not_show_in_part(before: int, size: int, secret: str):
    line = b"z" * (before - 1) + b" " + secret.encode() + b" and more" * 10_000
    shown = in_pieces(line + b"\nnext\n", size, ["swordfish-swordfish"])
    assert shown.endswith(CUT + b"\nnext\n")
    assert len(shown) <= LONGEST_LINE + len(CUT) + 20
    value = secret.rpartition("=")[2].encode()
    assert not any(value[:part] in shown for part in range(6, len(value) + 1))


def test_a_line_without_an_end_shows_its_beginning_at_once():
    scrubber = Scrubber()
    shown = b"".join(scrubber.feed(b"x" * 1000) for _ in range(100))
    assert shown == b"x" * LONGEST_LINE + CUT
    assert scrubber.finish() == b""
    assert scrubber.feed(b"[sluss] the step ended\n") == b"[sluss] the step ended\n"


def test_a_key_without_an_end_does_not_swallow_the_log():
    shown = scrub("-----BEGIN PRIVATE KEY-----\n" + "a line of a log\n" * 2000)
    assert shown.count("a line of a log") > 900


BAIT = {
    "one line": b"x",
    "names": b"token",
    "names and signs": b"password=",
    "values that are too short": b"secret = abc ",
    "open quotes": b'token="aaa ',
    "spaces": b"secret" + b" " * 30,
    "addresses": b"://a:",
    "an address without an end": b"://" + b"a" * 20_000,
    "signs of addresses": b"://a:b@",
    "at signs": b"://a:b" + b"@" * 5_000,
    "half tokens": b"eyJaaaaaaaaaaaaaaaa",
    "Azure's keys": b"JQQJ99aaaaaaaaaaaaaaaaaaaa",
    "names of nothing": b"a",
    "keys that begin": b"-----BEGIN PRIVATE KEY-----",
    "half beginnings": b"-----BEGIN aaaaaaa",
    "nothing": b"\0",
    "no text": b"\xff\xfe",
    "empty lines": b"\n",
    "returns": b"\r",
    "half of a known secret": b"swordfis",
    "a known secret": b"swordfish",
    "backslashes": b"password='" + b"\\" * 5_000,
    "headers": b"authorization:",
}


@pytest.mark.parametrize("bait", BAIT.values(), ids=BAIT)
@pytest.mark.parametrize("every", [0, 100, 20_000])
def test_no_input_takes_much_longer_than_another(bait: bytes, every: int):
    """Half a megabyte takes some 0.05 s; it took minutes where the time grew with its square."""
    text = (bait * (2**19 // len(bait)))[: 2**19]
    if every:
        text = b"\n".join(text[at : at + every] for at in range(0, len(text), every))
    began = time.process_time()
    in_pieces(text, 65536, ["swordfish"])
    assert time.process_time() - began < 2


def test_thousands_of_known_secrets_take_no_time_each():
    secrets = [f"secret-{number:06}-of-many" for number in range(3000)]
    scrubber = Scrubber(secrets)
    text = " ".join(f"{secret[:-1]}" for secret in secrets).encode() * 3
    began = time.process_time()
    scrubber.feed(text + b"\n")
    assert time.process_time() - began < 2


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


def test_what_no_longer_fits_is_dropped_without_a_look(tmp_path):
    """A step that printed a gigabyte stood still for minutes, as all of it was scrubbed."""
    block = b"secret = abc " * 5_000
    began = time.process_time()
    with RunLog(tmp_path / "log", (), limit_bytes=1000) as log:
        for _ in range(16_000):  # a gigabyte
            log.write(block)
        log.say("ended")
    assert time.process_time() - began < 2
    assert (tmp_path / "log").read_bytes().endswith(LOG_FULL)


def test_nobody_else_may_read_a_log(tmp_path):
    with RunLog(tmp_path / "log", ()):
        assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600
