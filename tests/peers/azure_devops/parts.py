"""The parts of the REST API that the peer has: one line for each module with ``routes``."""

from tests.peers.azure_devops import (
    rest_code,
    rest_library,
    rest_organisation,
    rest_pull_requests,
    rest_pushes,
)

PARTS = (
    rest_organisation.routes,
    rest_code.routes,
    rest_pushes.routes,
    rest_pull_requests.routes,
    rest_library.routes,
)
