"""The variables of a model: the table, how they are read, checked and resolved for a stage."""

from core.gate.variables.groups import group_facts
from core.gate.variables.read import Value, VariablesFile, read, variable_entries
from core.gate.variables.resolve import (
    ModelSettings,
    Resolved,
    Sources,
    as_values,
    model_settings,
    resolve,
)
from core.gate.variables.table import VARIABLES, ValueType, Variable, VariableKind, find, near
from core.gate.variables.values import canonical, problem

__all__ = [
    "VARIABLES",
    "ModelSettings",
    "Resolved",
    "Sources",
    "Value",
    "ValueType",
    "Variable",
    "VariableKind",
    "VariablesFile",
    "as_values",
    "canonical",
    "find",
    "group_facts",
    "model_settings",
    "near",
    "problem",
    "read",
    "resolve",
    "variable_entries",
]
