"""Deliveries in: one file per source; adding a source is one file and one line here."""

from handlers import azure_devops, azure_pipelines_check, mlflow

SOURCES = (azure_devops.source, azure_pipelines_check.source, mlflow.source)
