"""The one-machine platform keeps the contract."""

from tests.adapters.ml_platform_contract import MLPlatformContract


class TestLocalRuns(MLPlatformContract):
    pass
