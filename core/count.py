"""A number with its word, as people say it: 1 finding, 2 findings."""


def count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one}" if number == 1 else f"{number} {many or f'{one}s'}"
