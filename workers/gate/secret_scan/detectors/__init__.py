"""The detectors, the surest first: the first to find a secret gives it its name."""

from typing import Final

from workers.gate.secret_scan.detectors.addresses import Addresses
from workers.gate.secret_scan.detectors.assignments import Assignments
from workers.gate.secret_scan.detectors.aws import AwsKeys
from workers.gate.secret_scan.detectors.azure import AzureDevOpsTokens, AzureKeys, AzureTokens
from workers.gate.secret_scan.detectors.credentials import HandedCredentials
from workers.gate.secret_scan.detectors.databricks import DatabricksTokens
from workers.gate.secret_scan.detectors.detector import Detector
from workers.gate.secret_scan.detectors.encoded import EncodedCredentials
from workers.gate.secret_scan.detectors.entropy import Entropy
from workers.gate.secret_scan.detectors.jwt import JsonWebTokens
from workers.gate.secret_scan.detectors.pairs import Pairs
from workers.gate.secret_scan.detectors.private_keys import PrivateKeys
from workers.gate.secret_scan.detectors.prose import Prose
from workers.gate.secret_scan.detectors.tables import Tables
from workers.gate.secret_scan.detectors.tokens import Tokens

DETECTORS: Final[tuple[type[Detector], ...]] = (
    PrivateKeys,
    JsonWebTokens,
    AzureTokens,
    DatabricksTokens,
    Tokens,
    AwsKeys,
    AzureKeys,
    AzureDevOpsTokens,
    EncodedCredentials,
    Addresses,
    HandedCredentials,
    Pairs,
    Assignments,
    Tables,
    Prose,
)
# policy.yml may ask for the entropy detector as well.
WITH_ENTROPY: Final[tuple[type[Detector], ...]] = (*DETECTORS, Entropy)
