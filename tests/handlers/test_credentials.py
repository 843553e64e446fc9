"""Who may deliver: a shared secret for Azure DevOps, a signature for MLflow."""

import base64
from datetime import timedelta

import pytest
from multidict import CIMultiDict

from core.errors import UnauthenticatedError
from handlers.credentials import Credentials, SharedSecret
from handlers.signature import Signature
from tests.handlers.recorded import NOW, SECRET, basic, signed, without

BODY = b'{"entity": "model_version"}'
ROTATING = ["the-new-secret", SECRET]


def is_let_in(credentials: Credentials, headers, body: bytes = BODY) -> bool:
    try:
        credentials.check_headers(headers, NOW)
        credentials.check_body(headers, body)
    except UnauthenticatedError:
        return False
    return True


def secret_header(value: str) -> CIMultiDict[str]:
    return CIMultiDict({"X-Sluss-Secret": value})


def authorization(value: str) -> CIMultiDict[str]:
    return CIMultiDict({"Authorization": value})


GOOD = {
    "basic auth": basic(),
    "basic auth, the other secret": basic("the-new-secret"),
    "basic auth, in capitals": authorization(basic()["Authorization"].replace("Basic", "BASIC")),
    "the header": secret_header(SECRET),
    "the header, the other secret": secret_header("the-new-secret"),
    "the header in other letters": CIMultiDict({"x-sluss-secret": SECRET}),
}
BAD = {
    "nothing": CIMultiDict(),
    "another secret": basic("guessed"),
    "another user": basic(user="admin"),
    "no user": basic(user=""),
    "an empty secret": secret_header(""),
    "the start of the secret": secret_header(SECRET[:-1]),
    "another scheme": authorization(f"Bearer {SECRET}"),
    "no base64": authorization("Basic %%%"),
    "no ASCII": authorization("Basic \udcff\xe5"),
    "no colon": authorization("Basic " + base64.b64encode(SECRET.encode()).decode()),
    "bytes of any kind": secret_header("\udcff\udc80"),
}


@pytest.mark.parametrize("headers", GOOD.values(), ids=GOOD)
def test_a_shared_secret_lets_in(headers):
    assert is_let_in(SharedSecret(ROTATING), headers)


@pytest.mark.parametrize("headers", BAD.values(), ids=BAD)
def test_anything_else_stays_out(headers):
    assert not is_let_in(SharedSecret(ROTATING), headers)


@pytest.mark.parametrize("secrets", [[], [""], ["", ""]], ids=str)
def test_a_secret_that_is_not_set_opens_nothing(secrets: list[str]):
    assert not is_let_in(SharedSecret(secrets), basic(""))
    assert not is_let_in(SharedSecret(secrets), secret_header(""))
    assert not is_let_in(Signature(secrets), signed(BODY, secret=""))


@pytest.mark.parametrize("secret", ROTATING)
def test_a_signature_with_either_secret_lets_in(secret: str):
    assert is_let_in(Signature(ROTATING), signed(BODY, secret=secret))


def test_a_signature_is_what_others_compute():
    """By ``openssl dgst -sha256 -hmac a-long-enough-secret`` of id, time and body."""
    headers = {
        "X-MLflow-Delivery-Id": "d-1",
        "X-MLflow-Timestamp": "1770113475",
        "X-MLflow-Signature": "v1,6TRkdfTJ52lqiSisXQcIP5EpJyCB5/Mz9HAzyHlABow=",
    }
    assert is_let_in(Signature([SECRET]), headers)


@pytest.mark.parametrize(
    ("seconds", "is_in"),
    [(-301, False), (-299, True), (0, True), (299, True), (301, False)],
)
def test_a_signature_holds_for_five_minutes(seconds, is_in):
    headers = signed(BODY, now=NOW + timedelta(seconds=seconds))
    assert is_let_in(Signature([SECRET]), headers) is is_in


@pytest.mark.parametrize("name", signed(BODY))
def test_each_header_of_a_signature_is_needed(name: str):
    assert not is_let_in(Signature([SECRET]), without(signed(BODY), name))


TAMPERED = {
    "X-MLflow-Delivery-Id": "another",
    "X-MLflow-Timestamp": str(int(NOW.timestamp()) + 1),
    "X-MLflow-Signature": "v1,AAAA",
}


@pytest.mark.parametrize(("name", "value"), TAMPERED.items(), ids=TAMPERED)
def test_a_signature_covers_id_and_time(name: str, value: str):
    headers = signed(BODY)
    headers[name] = value
    assert not is_let_in(Signature([SECRET]), headers)


def test_a_signature_covers_every_byte():
    assert not is_let_in(Signature([SECRET]), signed(BODY), BODY + b" ")


@pytest.mark.parametrize("timestamp", ["", "soon", "1e9", "-5", "9" * 5000, "٣٤٥", "12.5"])
def test_a_timestamp_is_a_number_of_seconds(timestamp: str):
    headers = signed(BODY)
    headers["X-MLflow-Timestamp"] = timestamp
    assert not is_let_in(Signature([SECRET]), headers)
