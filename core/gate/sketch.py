"""What is kept of a file's code to compare it: fingerprints, never the code itself."""

import msgspec


class Sketch(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a file's code. A row is a line with code on it, counted from 0.

    ``digest`` is of the content that it was made from. ``prints`` maps a fingerprint (48 bits) to
    the first and the last row of the code that it stands for. ``numbers`` and ``looks`` hold for
    each row its line in the file and a hash of it: the upper 16 bits are of the names and signs
    alone, the lower 16 of the strings and numbers, too.
    """

    digest: str
    prints: dict[int, tuple[int, int]]
    numbers: list[int]
    looks: list[int]
