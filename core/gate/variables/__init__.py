"""The variables of a model: the table, how they are read, checked and resolved for a stage."""

from core.gate.variables.groups import Groups, groups
from core.gate.variables.read import Read, Value, read, variable_entries
from core.gate.variables.resolve import Resolved, Sources, as_values, resolve
from core.gate.variables.rules import canonical, problem
from core.gate.variables.settings import ModelSettings, model_settings
from core.gate.variables.table import VARIABLES, Kind, ValueType, Variable, find, near

__all__ = [
    "VARIABLES",
    "Groups",
    "Kind",
    "ModelSettings",
    "Read",
    "Resolved",
    "Sources",
    "Value",
    "ValueType",
    "Variable",
    "as_values",
    "canonical",
    "find",
    "groups",
    "model_settings",
    "near",
    "problem",
    "read",
    "resolve",
    "variable_entries",
]
