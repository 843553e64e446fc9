"""MLflow: the server beside us, tracking, the model registry, and its webhooks."""
