"""What a process says holds no secret: neither those that it knows, nor what looks like one."""

import logging
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from core.scrub import KnownSecrets
from sluss.home.scrubbed_output import FORM, ScrubbedFormatter, know

ROOT = Path(__file__).parents[3]


@pytest.fixture
def said():
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(ScrubbedFormatter(FORM))
    logger = logging.getLogger("a_sender")
    logger.addHandler(handler)
    yield logger, stream
    logger.removeHandler(handler)
    know(KnownSecrets())


@pytest.mark.parametrize(
    "text",
    [
        "api-key: 0123456789abcdef",
        "x-api-key: 0123456789abcdef",
        "{'Authorization': 'Bearer 0123456789abcdef'}",
        "Ocp-Apim-Subscription-Key: 0123456789abcdef",
        "https://me:0123456789abcdef@host.example/a",
        "SharedAccessKey=0123456789abcdef",
    ],
)
def test_what_looks_like_a_secret_is_masked(said, text):
    logger, stream = said
    logger.warning("it sent %s", text)
    assert "0123456789abcdef" not in stream.getvalue()
    assert "***" in stream.getvalue()


def test_a_known_secret_is_masked_in_a_traceback_too(said):
    logger, stream = said
    know(KnownSecrets(["swordfish"]))
    try:
        raise ValueError("no place swordfish")  # noqa: TRY301
    except ValueError:
        logger.exception("a bug")
    assert "no place ***" in stream.getvalue()
    assert "swordfish" not in stream.getvalue()


def test_an_error_that_nobody_expected_shows_no_secret_of_its_message():
    program = (
        "import sys; from sluss.home.scrubbed_output import tell_uncaught;"
        "sys.excepthook = tell_uncaught;"
        "raise ValueError('https://me:sword' + 'fish@host')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert "ValueError: https://***@host" in ended.stderr
    assert "swordfish" not in ended.stderr
