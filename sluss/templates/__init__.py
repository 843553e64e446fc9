"""The files of the model repositories that ``sluss init`` writes."""
