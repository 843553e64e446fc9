"""MLflow's registry webhooks become hints to look at the registry."""

import pytest

from core.errors import RejectedDeliveryError
from core.events.outside import DeliveryIgnored, RegistryHinted
from handlers.mlflow import source
from tests.handlers.recorded import DELIVERY, NOW, changed, raw, signed

HINTS = [
    ("registered_model_created__plain", "registered_model.created"),
    ("model_version_created__plain", "model_version.created"),
    ("model_version_created__workspace", "model_version.created"),
    ("model_version_tag_set__plain", "model_version_tag.set"),
    ("model_version_tag_deleted__plain", "model_version_tag.deleted"),
    ("model_version_alias_created__plain", "model_version_alias.created"),
    ("model_version_alias_deleted__plain", "model_version_alias.deleted"),
    ("model_version_deleted__not_sent_yet", "model_version.deleted"),
]
IGNORED = [
    ("prompt_created__plain", "it is about a prompt, not about a model", False),
    ("prompt_version_tag_set__plain", "it is about a prompt, not about a model", False),
    ("budget_policy_exceeded__plain", "nothing here reads this type of event", True),
]
WRONG_SHAPES = [
    {"entity": None},
    {"entity": 7},
    {"action": ""},
    {"data": None},
    {"data": {"version": "3"}},
    {"data": {"name": ""}},
    {"data": []},
    {"timestamp": 12.5},
]


def read(body: bytes):
    return source.read(signed(body), body, NOW)


@pytest.mark.parametrize(("name", "what"), HINTS)
def test_what_happens_to_a_model_is_a_reason_to_look(name: str, what: str):
    (event,) = read(raw("mlflow", name)).events
    assert isinstance(event, RegistryHinted)
    assert (event.model, event.what) == ("loan_default", what)
    assert (event.id, event.source, event.delivery) == (f"mlflow/{DELIVERY}", "mlflow", DELIVERY)


@pytest.mark.parametrize(
    ("data", "version"),
    [({"version": "3"}, "3"), ({"version": 12}, "12"), ({"version": None}, ""), ({}, "")],
)
def test_the_version_is_named_where_it_is_about_one(data, version):
    body = changed("mlflow", "model_version_created__plain", data={"name": "loan_default"} | data)

    assert read(body).events[0].version == version


@pytest.mark.parametrize(("name", "reason", "is_unknown"), IGNORED)
def test_what_is_no_model_is_ignored(name, reason, is_unknown):
    delivered = read(raw("mlflow", name))
    (event,) = delivered.events
    assert isinstance(event, DeliveryIgnored)
    assert event.reason == reason
    assert delivered.is_unknown is is_unknown


@pytest.mark.parametrize("fields", WRONG_SHAPES, ids=str)
def test_a_hook_of_the_wrong_shape_is_rejected(fields: dict):
    with pytest.raises(RejectedDeliveryError, match="cannot be read"):
        read(changed("mlflow", "model_version_created__plain", **fields))


@pytest.mark.parametrize("given", [None, "", "x" * 101, "with space", "\udcff"])
def test_without_a_usable_id_the_bytes_are_the_id(given):
    body = raw("mlflow", "model_version_created__plain")
    headers = {} if given is None else {"X-MLflow-Delivery-Id": given}
    assert source.read(headers, body, NOW).delivery.startswith("sha256:")
