"""Secrets and what only looks like them, drawn from a seed: no source holds one."""

import base64
import json
import random
import string
import uuid

ALNUM = string.ascii_letters + string.digits
LOW = string.ascii_lowercase + string.digits
BASE64 = ALNUM + "+/"
BASE32 = string.ascii_lowercase + "234567"
HEX = "0123456789abcdef"


class Made:
    """Each call draws something new; the same seed draws the same."""

    def __init__(self, seed):
        self._random = random.Random(seed)  # noqa: S311 - the same secrets each time

    def text(self, alphabet, length):
        return "".join(self._random.choices(alphabet, k=length))

    def bytes(self, length):
        return self._random.randbytes(length)

    def base64(self, length):
        return base64.b64encode(self.bytes(length)).decode()

    def hex(self, length):
        return self.text(HEX, length)

    def uuid(self):
        return str(uuid.UUID(bytes=self.bytes(16), version=4))

    def storage_key(self):
        return self.base64(64)

    def bus_key(self):
        return self.base64(32)

    def entra(self):
        return (
            self.text(ALNUM, 3)
            + self.text("78", 1)
            + "Q"
            + "~"
            + self.text(ALNUM + "_.-~", 33)
            + "a"
        )

    def old_entra(self):
        return self.text(ALNUM, 12) + "." + self.text(ALNUM, 8) + "~" + self.text(ALNUM, 12)

    def old_pat(self):
        return self.text(BASE32, 52)

    def new_pat(self):
        return self.text(ALNUM, 76) + "AZ" + "DO" + self.text(ALNUM, 4)

    def databricks(self):
        return "da" + "pi" + self.hex(32)

    def aws_id(self):
        return "AK" + "IA" + self.text(string.ascii_uppercase + "234567", 16)

    def aws_secret(self):
        return self.text(BASE64, 40)

    def sas(self):
        signature = self.base64(32).replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
        return f"sv=2023-11-03&ss=b&srt=sco&sp=rl&se=2027-01-01T00:00:00Z&spr=https&sig={signature}"

    def jwt(self, **claims):
        parts = (
            {"alg": "RS256", "typ": "JWT", "kid": self.hex(8)},
            claims or {"sub": self.uuid(), "exp": 1893456000},
        )
        encoded = [self._url64(json.dumps(part).encode()) for part in parts]
        return ".".join([*encoded, self._url64(self.bytes(64))])

    def url_safe(self, length):
        return self._url64(self.bytes(length))

    def _url64(self, data):
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    def pem(self, kind="RSA PRIVATE KEY", length=600):
        body = self.base64(length)
        lines = [body[at : at + 64] for at in range(0, len(body), 64)]
        return "\n".join(
            ["-" * 5 + f"BEGIN {kind}" + "-" * 5, *lines, "-" * 5 + f"END {kind}" + "-" * 5]
        )

    def password(self):
        """As people make them: a word, a year or digits, a sign."""
        word = self._random.choice(
            ["Vinter", "Fjord", "Sommar", "Katten", "Skogen", "Bjork", "Ankare", "Lyktan"]
        )
        return word + self.text(string.digits, 4) + self._random.choice("!#%?*+")

    def drawn_password(self):
        return self.text(ALNUM, 9) + self._random.choice("!#%?*+") + self.text(ALNUM, 6)


class Tree:
    """Files, the lines on which a secret was planted, and the kind of each."""

    def __init__(self):
        self.files = {}
        self.planted = []
        self.look_alikes = 0

    def plant(self, path, kind, text):
        """One secret somewhere in the lines of the text."""
        self.planted.append((path, self._add(path, text), kind))

    def plant_lines(self, path, kind, text, *signs):
        """One secret on each line that has one of the signs."""
        first = self._add(path, text).start
        for number, line in enumerate(text.split("\n"), start=first):
            if any(sign in line for sign in signs):
                self.planted.append((path, range(number, number + 1), kind))

    def look_alike(self, path, text):
        self._add(path, text)
        self.look_alikes += 1

    def _add(self, path, text):
        lines = self.files.setdefault(path, [])
        lines.extend(text.split("\n"))
        return range(len(lines) - text.count("\n"), len(lines) + 1)

    def text(self, path):
        return "\n".join(self.files[path]) + "\n"


def notebook(*cells):
    """As Jupyter writes it: each cell's code as a list of lines."""
    made = [
        {
            "cell_type": "code",
            "metadata": {},
            "outputs": [],
            "source": cell.splitlines(keepends=True),
        }
        for cell in cells
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def judged(tree, scanner):
    """What was found of the planted, what was missed, and what was found besides."""
    lines = {
        (path, each.line): each.kind
        for path in tree.files
        for each in scanner.scan(tree.text(path), path)
    }
    places = [{(path, line) for line in where} for path, where, _ in tree.planted]
    found = [each for each, place in zip(tree.planted, places, strict=True) if place & lines.keys()]
    missed = [each for each in tree.planted if each not in found]
    alarms = {place: kind for place, kind in lines.items() if place not in set().union(*places)}
    return found, missed, alarms
