"""Deliveries in: one file per source; adding a source is one file and one line here."""

from handlers import azure_devops, mlflow

SOURCES = (azure_devops.source, mlflow.source)
