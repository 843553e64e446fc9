"""The api-version of a request: where it stands, and which ones Azure DevOps refuses."""

import re

from aiohttp import web

from tests.peers.azure_devops.refusals import RefusedError
from tests.peers.azure_devops.routes import READS, Location

VERSION = re.compile(r"api-version=([0-9.]+(?:-preview(?:\.\d+)?)?)")


def api_version(request: web.Request) -> str:
    """From the query or from the Accept header; empty where there is none."""
    given = request.query.get("api-version", "")
    found = VERSION.search(request.headers.get("Accept", ""))
    return given or (found[1] if found else "")


def check_version(request: web.Request, location: Location, latest: float) -> None:
    version = api_version(request)
    if not version:
        if request.method not in READS:
            raise RefusedError(
                400,
                "VssVersionNotSpecifiedException",
                f'No api-version was supplied for the "{request.method}" request. The version must be '
                'supplied either as part of the Accept header (e.g. "application/json; '
                'api-version=1.0") or as a query parameter (e.g. "?api-version=1.0").',
            )
        return
    number, _, preview = version.partition("-")
    if float(number) > latest:
        raise RefusedError(
            400,
            "VssVersionOutOfRangeException",
            f"The requested REST API version of {number} is out of range for this server. The latest "
            f"REST API version this server supports is {latest}.",
        )
    if not preview and float(number) > float(location.released):
        raise RefusedError(
            400,
            "VssInvalidPreviewVersionException",
            f'The requested version "{version}" of the resource is under preview. The -preview flag '
            f'must be supplied in the api-version for such requests. For example: "{number}-preview"',
        )
