"""Deliveries as Azure DevOps and MLflow send them to a running server, right ones and wrong ones."""

import base64
import json
import time
import uuid
from io import BytesIO

import aiohttp

from handlers.signature import DELIVERY_ID, SIGNATURE, TIMESTAMP, sign
from sluss.home.settings import HOOK_SECRET, HOOK_USER, MLFLOW_SECRET

GONE = "c0ffee" + "0" * 34  # no repository has this commit
NOTHING = "0" * 40
EPOCH = 1_700_000_000


def push(repository, push_id, *, ref="refs/heads/try", old=NOTHING, new=GONE, **changes):
    """A git.push as Azure DevOps sends it, with what we read and little else."""
    return {
        "id": str(uuid.uuid4()),
        "subscriptionId": str(uuid.uuid4()),
        "notificationId": push_id,
        "eventType": "git.push",
        "resource": {
            "refUpdates": [{"name": ref, "oldObjectId": old, "newObjectId": new}],
            "repository": {"id": repository},
            "pushedBy": {"id": "p1", "uniqueName": "astrid@bank.example"},
            "pushId": push_id,
        },
        **changes,
    }


class Sender:
    def __init__(self, settings):
        self._settings = settings

    async def azure_devops(self, body, *, secret=None, headers=None):
        """The status of the answer; ``body`` is JSON unless it is bytes."""
        secret = self._settings.secrets.secret(HOOK_SECRET) if secret is None else secret
        login = base64.b64encode(f"{HOOK_USER}:{secret}".encode()).decode()
        return await self._post(
            "azure-devops", _bytes(body), headers or {"Authorization": f"Basic {login}"}
        )

    async def mlflow(self, body, *, age_s=0, secret=None, leave_out=()):
        """``age_s`` is how long ago it was signed."""
        raw, delivery, signed = _bytes(body), str(uuid.uuid4()), str(int(time.time()) - age_s)
        key = self._settings.secrets.secret(MLFLOW_SECRET) if secret is None else secret
        signature = sign(key.encode(), f"{delivery}.{signed}.".encode() + raw).decode()
        headers = {DELIVERY_ID: delivery, TIMESTAMP: signed, SIGNATURE: signature}
        kept = {name: value for name, value in headers.items() if name not in leave_out}
        return await self._post("mlflow", raw, kept)

    async def page(self):
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self._settings.public_url}/deliveries") as answer,
        ):
            return await answer.text()

    async def _post(self, source, raw, headers):
        url = f"{self._settings.public_url}/hooks/{source}"
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=BytesIO(raw), headers=headers) as answer,
        ):
            return answer.status


def _bytes(body):
    return body if isinstance(body, bytes) else json.dumps(body).encode()
