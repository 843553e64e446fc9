"""The channel's issuer of tokens on this machine: metadata, keys, and tokens that it signs."""

import asyncio
import json
import time

import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import rsa

from adapters.teams import TeamsSettings

APP = "00000000-aaaa-4000-8000-000000000001"
TENANT = "00000000-bbbb-4000-8000-000000000002"
CHANNEL = "https://api.botframework.com"
SERVICE = "https://smba.trafficmanager.net/emea/"
KEY, NEXT_KEY, FOREIGN_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(3))
DAY = 24 * 3600


def a_jwk(key=KEY, kid="k1", **more):
    """A public key as the channel publishes it."""
    found = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return {**found, "kid": kid, "use": "sig", "endorsements": ["msteams", "skype"], **more}


def a_token(key=KEY, algorithm="RS256", headers=None, **claims):
    """A token of the channel; a claim that is None is left out."""
    now = int(time.time())
    usual = {"iss": CHANNEL, "aud": APP, "serviceurl": SERVICE, "nbf": now - 60, "exp": now + 600}
    content = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    return jwt.encode(content, key, algorithm, headers={"kid": "k1", **(headers or {})})


class Issuer:
    """``fault`` is what is wrong with it: ``500``, ``garbage``, ``hangs``, ``moved``, ``empty``."""

    def __init__(self):
        self.keys = [a_jwk()]
        self.fault = ""
        self.asked = 0
        self.metadata = None
        app = web.Application()
        app.router.add_get("/openid", self._metadata)
        app.router.add_get("/keys", self._keys)
        self.server = TestServer(app)

    @property
    def settings(self):
        place = str(self.server.make_url("/openid"))
        return TeamsSettings(
            host="::", app_id=APP, tenant=TENANT, client_secret="x", openid_metadata=place
        )

    async def _metadata(self, request):
        self.asked += 1
        match self.fault:
            case "500":
                return web.Response(status=500)
            case "hangs":
                await asyncio.sleep(60)
            case "garbage":
                return web.Response(body=b"\xff<html>")
            case "nested":
                return web.Response(body=b"[" * 100_000)
            case "moved":
                raise web.HTTPFound("/elsewhere")
            case "large":
                return web.Response(body=b'{"jwks_uri": "' + b"x" * (1 << 21) + b'"}')
        place = str(self.server.make_url("/keys"))
        return web.json_response(self.metadata or {"issuer": CHANNEL, "jwks_uri": place})

    async def _keys(self, request):
        if self.fault == "empty":
            return web.json_response({"keys": []})
        if self.fault == "no keys":
            return web.json_response({"keys": "k1"})
        return web.json_response({"keys": self.keys})
