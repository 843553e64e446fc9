"""The code that ``sluss init`` writes, as one repository: what everybody has is no copy."""

from core.gate.checks import ModelRepo
from sluss.commands.init import Kind, _templates


def template_code() -> ModelRepo:
    """As the templates are; only pages and settings have words that are filled in."""
    files = {f"{kind}/{path}": text.encode() for kind in Kind for path, text in _templates(kind)}
    return ModelRepo(files=files)
