"""Maps ruff's rules to pylint's messages, and says how to mend each."""

import re
from typing import Final

SYNTAX_ERROR: Final = "syntax-error"
# These messages say that pylint itself has failed on the file.
FAILED: Final = frozenset({"astroid-error", "fatal"})
COULD_NOT_READ: Final = "pylint failed on this file, so nothing is known about it"
MENDS: Final = {
    **dict.fromkeys(FAILED, "tell GBI, and make the file simpler until it is mended"),
    "anomalous-backslash-in-string": 'put r before the string: r"..."',
    "bare-except": "name the exception that is expected",
    "broad-exception-caught": "name the exception that is expected",
    "consider-using-f-string": 'write it as f"..."',
    "dangerous-default-value": "make the default None, and the list or mapping in the function",
    "f-string-without-interpolation": "take the f out, or put the value in braces",
    "function-redefined": "remove one of the two, or rename it",
    "global-statement": "pass the value in and return it",
    "invalid-name": "rename it as PEP 8 says: snake_case, CapWords for a class",
    "line-too-long": "break the line",
    "missing-class-docstring": "say in one sentence below the first line what it is for",
    "missing-final-newline": "end the file with a new line",
    "missing-function-docstring": "say in one sentence below the first line what it does",
    "missing-module-docstring": "say in one sentence at the top what the file is for",
    "multiple-imports": "give each import its own line",
    "multiple-statements": "give each statement its own line",
    "redefined-builtin": "choose another name: Python has this one",
    "reimported": "remove the second import",
    "return-outside-function": "move it into a function, or remove it",
    "singleton-comparison": "write is None, or the value itself for True and False",
    SYNTAX_ERROR: "mend the syntax",
    "too-many-arguments": "pass fewer, or put some together",
    "too-many-branches": "take a part out into a function",
    "too-many-lines": "divide the file",
    "too-many-locals": "take a part out into a function",
    "too-many-statements": "take a part out into a function",
    "trailing-newlines": "remove the empty lines at the end",
    "trailing-whitespace": "remove the spaces at the end of the line",
    "undefined-variable": "define or import it, or mend its spelling",
    "ungrouped-imports": "put the imports of one package together",
    "unnecessary-lambda-assignment": "write it as def",
    "unnecessary-semicolon": "remove the semicolon",
    "unspecified-encoding": 'say encoding="utf-8" when opening it',
    "unused-argument": "remove it, or begin its name with _",
    "unused-import": "remove the import",
    "unused-variable": "remove it, or begin its name with _",
    "unused-wildcard-import": "import the names that are used",
    "used-before-assignment": "give it a value on every way there",
    "wildcard-import": "import the names that are used",
    "wrong-import-order": "order them: Python's own, then libraries, then the repository's",
    "wrong-import-position": "move the import to the top",
}
OTHERWISE: Final = "change it, or write # pylint: disable={symbol} there and say why"

# Some messages quote a text of the code, which may be a secret.
TEXT: Final = re.compile(r"""(["'])([^"'\n]{4,})\1""")

RUFF: Final = {
    "E401": "multiple-imports",
    "E402": "wrong-import-position",
    "E501": "line-too-long",
    "E701": "multiple-statements",
    "E702": "multiple-statements",
    "E703": "unnecessary-semicolon",
    "E711": "singleton-comparison",
    "E712": "singleton-comparison",
    "E721": "unidiomatic-typecheck",
    "E722": "bare-except",
    "E731": "unnecessary-lambda-assignment",
    "F401": "unused-import",
    "F403": "wildcard-import",
    "F541": "f-string-without-interpolation",
    "F632": "literal-comparison",
    "F704": "yield-outside-function",
    "F706": "return-outside-function",
    "F811": "function-redefined",
    "F821": "undefined-variable",
    "F822": "undefined-all-variable",
    "F841": "unused-variable",
    "B006": "dangerous-default-value",
    "BLE001": "broad-exception-caught",
    "D100": "missing-module-docstring",
    "N801": "invalid-name",
    "N802": "invalid-name",
    "N803": "invalid-name",
    "N805": "no-self-argument",
    "N806": "invalid-name",
    "PLE0101": "return-in-init",
    "PLE0604": "invalid-all-object",
    "PLE1205": "logging-too-many-args",
    "PLE1206": "logging-too-few-args",
    "PLR1711": "useless-return",
    "PLW0120": "useless-else-on-loop",
    "PLW0127": "self-assigning-variable",
    "PLW0602": "global-variable-not-assigned",
    "PLW0603": "global-statement",
    "PLW1510": "subprocess-run-check",
    "S102": "exec-used",
    "S307": "eval-used",
    "W291": "trailing-whitespace",
    "W292": "missing-final-newline",
    "W293": "trailing-whitespace",
    "W605": "anomalous-backslash-in-string",
}
ERRORS: Final = frozenset(
    {
        SYNTAX_ERROR, "undefined-variable", "undefined-all-variable", "return-outside-function",
        "yield-outside-function", "return-in-init", "invalid-all-object",
        "logging-too-many-args", "logging-too-few-args", "function-redefined", "no-self-argument",
    }
)  # fmt: skip


def mend_of(symbol: str) -> str:
    return MENDS.get(symbol) or OTHERWISE.format(symbol=symbol)


def wrong_of(symbol: str, message: str, source: str) -> str:
    """Return pylint's sentence, or only the message's name where the sentence quotes the source."""
    if symbol in FAILED:
        return COULD_NOT_READ
    if any(text in message for _, text in TEXT.findall(source)):
        return symbol.replace("-", " ")
    return message.partition("\n")[0]
