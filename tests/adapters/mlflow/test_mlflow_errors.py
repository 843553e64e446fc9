"""What MLflow's own client makes of the answers of others, in our words."""

import pytest

from adapters.mlflow.registry import MlflowRegistry
from adapters.mlflow.settings import MlflowSettings
from core.errors import StepFailedError, UnavailableError
from tests.adapters.mlflow.stranger import answering

PAGE = b"<html>the secret of this page</html>"
BY_A_PROXY = b'{"message": "the secret of this page"}'
CODED = b'{"error_code": "X", "message": "no"}'
INTERNAL = b'{"error_code": "INTERNAL_ERROR", "message": "no"}'
NO_ENTRY = b'{"error_code": "PERMISSION_DENIED", "message": "not yours"}'
NOT_A_MODEL = b'{"registered_models": [{"name": 5}]}'

MENDED_BY_SOMEBODY = [
    (401, PAGE, r"does not let us in \(UNAUTHENTICATED\).*an account"),
    (403, PAGE, r"does not let us in \(PERMISSION_DENIED\).*an account"),
    (403, NO_ENTRY, r"does not let us in \(PERMISSION_DENIED: not yours\).*an account"),
    (404, PAGE, r"no such place \(404\).*SLUSS_MLFLOW_URL"),
    *(
        (status, body, r"not MLflow's.*SLUSS_MLFLOW_URL.*a sign-in")
        for status, body in [
            *((200, body) for body in (PAGE, b"null", b"[]", b"[" * 50_000, NOT_A_MODEL)),
            (204, b""),
            *((status, BY_A_PROXY) for status in (400, 401, 403, 404, 405)),
            *((status, PAGE) for status in (304, 400, 405)),
            (404, CODED),
            (404, b'{"error_code": null}'),
        ]
    ),
]


@pytest.mark.parametrize(
    ("status", "body", "told"), MENDED_BY_SOMEBODY, ids=range(len(MENDED_BY_SOMEBODY))
)
async def test_what_somebody_has_to_mend_is_final_and_says_what_to_do(
    status: int, body: bytes, told: str
):
    async with answering(status, body) as address:
        with pytest.raises(StepFailedError, match=told) as raised:
            await _ping(address)
    assert "the secret" not in str(raised.value)


async def test_an_address_that_leads_to_itself_is_none_of_mlflow():
    async with answering(302, Location="/") as address:
        with pytest.raises(StepFailedError, match="not MLflow's"):
            await _ping(address)


@pytest.mark.parametrize("body", [PAGE, BY_A_PROXY, CODED, INTERNAL], ids=range(4))
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_what_passes_is_tried_again(status: int, body: bytes):
    async with answering(status, body) as address:
        with pytest.raises(UnavailableError, match="tried again by itself"):
            await _ping(address)


@pytest.mark.parametrize("status", [425, 520])
async def test_a_page_that_a_proxy_shows_for_a_while_is_tried_again(status: int):
    async with answering(status, PAGE) as address:
        with pytest.raises(UnavailableError, match="tried again by itself"):
            await _ping(address)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"registered_model": null}'], ids=range(3))
async def test_an_empty_answer_is_no_model_that_holds_nothing(body: bytes):
    async with answering(200, body) as address:
        registry = MlflowRegistry(MlflowSettings(tracking_uri=address))
        with pytest.raises(StepFailedError, match="not MLflow's"):
            await registry.holders("loan_default")
        await registry.close()


async def test_a_model_that_mlflow_does_not_know_stays_one():
    missing = b'{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no model"}'
    async with answering(404, missing) as address:
        registry = MlflowRegistry(MlflowSettings(tracking_uri=address))
        assert await registry.holders("loan_default") is None
        await registry.close()


async def _ping(address: str) -> None:
    registry = MlflowRegistry(MlflowSettings(tracking_uri=address))
    try:
        await registry.ping()
    finally:
        await registry.close()
