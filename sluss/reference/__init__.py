"""The pages docs/reference/*.md that are written from the tables and types the product reads."""

from sluss.reference.checks import checks_page
from sluss.reference.commands import commands_page
from sluss.reference.home_files import home_files_page
from sluss.reference.policy import policy_page
from sluss.reference.variables import variables_page

PAGES = {
    "checks.md": checks_page,
    "variables.md": variables_page,
    "commands.md": commands_page,
    "policy.md": policy_page,
    "home_files.md": home_files_page,
}


def pages() -> dict[str, str]:
    """Return the text of each page by its file name."""
    return {name: page() for name, page in PAGES.items()}
