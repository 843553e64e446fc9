"""The checks of the gate, in the order of the card: one more is one file and one line here."""

from typing import Final

from core.checks import Check
from workers.checks.entry_points import entry_points
from workers.checks.structure import structure
from workers.checks.variables import variables

CHECKS: Final[tuple[Check, ...]] = (
    structure,
    entry_points,
    variables,
)
