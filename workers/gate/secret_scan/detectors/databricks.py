"""Finds tokens and OAuth secrets of Databricks."""

from workers.gate.secret_scan.detectors.detector import PatternDetector, token


class DatabricksTokens(PatternDetector):
    secret_type = "Databricks token"  # noqa: S105 - the name of a kind
    patterns = (
        token("Databricks token", r"dapi[0-9a-z]{32}(?:-\d{1,2})?", "dapi"),
        token("Databricks OAuth secret", r"dose[0-9a-z]{32}(?:-\d{1,2})?", "dose"),
        token(
            "Databricks token",
            r"(?:dkea|dsapi|doau)[0-9a-f]{32}(?:-\d{1,2})?",
            "dkea",
            "dsapi",
            "doau",
        ),
    )
