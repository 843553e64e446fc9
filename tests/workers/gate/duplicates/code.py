"""Code for the tests: ``made("age")`` shares no names with ``made("income")``."""


def made(name: str, rows: int = 20, *, literal: str = "a", comment: str = "") -> str:
    """A function of so many lines; what is given may differ and it is the same code still."""
    head = f"def {name}_of(loans, {name}_params):\n"
    body = (
        f'    {name}_{n} = {name}_join({name}_{n // 2}, loans["{literal}"], {n}.5){comment}\n'
        for n in range(rows - 2)
    )
    return f"{head}{''.join(body)}    return {name}_0\n"
