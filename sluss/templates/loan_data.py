"""Generates a table of invented loans from a seed; models can learn from it."""

import csv
import io
import math
from datetime import date, timedelta
from random import Random
from typing import Final

ROWS: Final = 600
SEED: Final = 2026
FIRST_DAY: Final = date(2023, 1, 1)
DAYS: Final = 3 * 365
PURPOSES: Final = {"car": -0.2, "home": -0.4, "education": 0.0, "travel": 0.3, "other": 0.2}
HOUSING: Final = {"owner": -0.4, "tenant": 0.2, "family": 0.0}
COLUMNS: Final = (
    "loan_id", "granted_on", "amount", "term_months", "purpose", "income", "debt_ratio",
    "late_payments", "age", "housing", "defaulted",
)  # fmt: skip

Row = dict[str, str | int | float]


def loans_csv(rows: int = ROWS, seed: int = SEED) -> str:
    """Generate the table; the same seed gives the same bytes on every machine."""
    random = Random(seed)  # noqa: S311 - data, not a secret
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_loan(random, number) for number in range(1, rows + 1))
    return text.getvalue()


def _loan(random: Random, number: int) -> Row:
    income = round(random.lognormvariate(10.5, 0.4))
    row: Row = {
        "loan_id": f"L{number:05d}",
        "granted_on": (FIRST_DAY + timedelta(days=random.randrange(DAYS))).isoformat(),
        "amount": round(income * random.uniform(0.05, 0.75), -2),
        "term_months": random.choice((12, 24, 36, 48, 60)),
        "purpose": random.choice(tuple(PURPOSES)),
        "income": income,
        "debt_ratio": round(random.betavariate(2, 5), 3),
        "late_payments": min(6, int(random.expovariate(0.9))),
        "age": random.randrange(20, 71),
        "housing": random.choice(tuple(HOUSING)),
    }
    return {**row, "defaulted": int(random.random() < _default_probability(row))}


def _default_probability(row: Row) -> float:
    """Return the probability that a model has to find: debt, late payments and size raise it."""
    odds = (
        -4.0
        + 4.5 * float(row["debt_ratio"])
        + 0.8 * float(row["late_payments"])
        + 2.0 * float(row["amount"]) / float(row["income"])
        + 0.01 * float(row["term_months"])
        - 0.01 * float(row["age"])
        + PURPOSES[str(row["purpose"])]
        + HOUSING[str(row["housing"])]
    )
    return 1 / (1 + math.exp(-odds))
