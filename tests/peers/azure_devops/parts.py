"""The parts of the REST API that the peer has: one line for each module with ``routes``."""

from tests.peers.azure_devops import (
    rest_builds,
    rest_check_suites,
    rest_code,
    rest_hooks,
    rest_items,
    rest_library,
    rest_organisation,
    rest_pipelines,
    rest_plans,
    rest_pull_requests,
    rest_pushes,
    statuses,
    test_runs,
    threads,
)

PARTS = (
    rest_organisation.routes,
    rest_code.routes,
    rest_items.routes,
    rest_pushes.routes,
    rest_pull_requests.routes,
    rest_library.routes,
    statuses.routes,
    test_runs.routes,
    threads.routes,
    rest_hooks.routes,
    rest_builds.routes,
    rest_pipelines.routes,
    rest_plans.routes,
    rest_check_suites.routes,
)
