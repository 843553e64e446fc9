"""What the detectors find, what they leave alone, and how long they take over hostile text."""

import base64

import pytest

from tests.workers.gate.secret_scan.hold_out import hold_out
from tests.workers.gate.secret_scan.lines import look_alike_lines, secret_lines
from tests.workers.gate.secret_scan.made import ALNUM, Made, judged
from tests.workers.gate.secret_scan.planted import planted
from tests.workers.gate.secret_scan.ways import ways
from workers.gate.secret_scan.detectors import DETECTORS
from workers.gate.secret_scan.scanner import Scanner

AIM = 0.95
SCANNER = Scanner()
# No test is named by a secret.
SECRETS, LOOK_ALIKES, WAYS = len(secret_lines()), len(look_alike_lines()), len(ways())


@pytest.mark.parametrize(
    ("make", "seed"), [(planted, 1), (planted, 11), (hold_out, 2), (hold_out, 12)]
)
def test_recall_and_precision_reach_the_aim(make, seed):
    tree = make(seed)
    found, missed, alarms = judged(tree, SCANNER)
    assert len(tree.planted) >= 30
    assert len({kind for _, _, kind in tree.planted}) >= 12
    assert tree.look_alikes >= 30
    assert len(found) / len(tree.planted) >= AIM, missed
    assert len(found) / (len(found) + len(alarms)) >= AIM, alarms


@pytest.mark.parametrize(("path", "text"), secret_lines(), ids=map(str, range(SECRETS)))
def test_a_line_with_a_secret_is_found(path, text):
    assert SCANNER.scan(text, path) != []


@pytest.mark.parametrize(("path", "text"), ways(), ids=map(str, range(WAYS)))
def test_every_way_to_set_one_is_known(path, text):
    assert SCANNER.scan(text, path) != []


@pytest.mark.parametrize(("path", "text"), look_alike_lines(), ids=map(str, range(LOOK_ALIKES)))
def test_a_line_that_only_looks_like_one_is_left_alone(path, text):
    assert SCANNER.scan(text, path) == []


def kinds(text, path="a.txt"):
    return [(found.line, found.kind) for found in SCANNER.scan(text, path)]


def test_a_split_token_is_found_at_its_first_line():
    token = Made(3).jwt()
    parts = token[:70], token[70:150], token[150:]
    split = {
        "python": 't = (\n    "{}"\n    "{}"\n    f"{}"\n)'.format(*parts),
        "plus": 't = "{}" + \\\n  "{}" + \\\n  "{}"'.format(*parts),
        "appended": 't = "{}"\nt += "{}"\nt += "{}"'.format(*parts),
        "yaml": "t: |\n  {}\n  {}\n  {}\n".format(*parts),
        "shell": "T={}\\\n{}\\\n{}\n".format(*parts),
        "windows": 't = (\r\n  "{}"\r\n  "{}"\r\n  "{}")\r\n'.format(*parts),
    }
    first = {"python": 2, "yaml": 2, "windows": 2}
    for name, text in split.items():
        assert kinds(text, "a.py") == [(first.get(name, 1), "JSON web token")], name


@pytest.mark.parametrize("header", [b'{"alg": "\xff\xff"}', b'{"alg":' + b"[" * 1400])
def test_what_is_no_header_of_a_token_is_none_and_ends_no_scan(header):
    parts = (header, b'{"sub": "somebody"}', bytes(range(40)))
    forged = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    assert "JSON web token" not in dict(kinds(f't = "{forged}"\n', "a.py")).values()


@pytest.mark.parametrize("escapes", [1, 2, 3])
def test_escapes_do_not_hide_a_secret(escapes):
    key = Made(4).storage_key()
    quote, line = "\\" * escapes + '"', "\\" * escapes + "n"
    slashed = key.replace("/", "\\/").replace("+", "\\u002b").replace("=", "\\u003d")
    text = f'["k = {quote}{slashed}{quote}{line}"]'
    assert kinds(text, "a.ipynb") == [(1, "Azure storage account key")]


def test_base64_is_looked_into():
    pem = Made(5).pem("OPENSSH PRIVATE KEY")
    text = f"data:\n  id: {base64.b64encode(pem.encode()).decode()}\n"
    assert kinds(text, "a.yml") == [(2, "private key in base64")]


def test_the_surest_detector_names_what_two_have_found():
    token = Made(6).databricks()
    assert kinds(f'databricks_token = "{token}"', "a.py") == [(1, "Databricks token")]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("password = {}", "a.ini"),
        ("password: {}", "a.yml"),
        ('"password": "{}"', "a.json"),
        ("'Password' => '{}'", "a.php"),
        ('password <- "{}"', "a.r"),
        ('password: str = "{}"', "a.py"),
        ('password = os.getenv("X", "{}")', "a.py"),
        ('password = os.environ.get("X") or "{}"', "a.py"),
        ("PASSWORD=${{X:-{}}}", "a.sh"),
        ("login --password {}", "a.sh"),
        ("ENV PASSWORD {}", "Dockerfile"),
        ("machine x\nlogin y\npassword {}", ".netrc"),
        ("<password>{}</password>", "a.xml"),
        ("| password | {} |", "a.md"),
        ("the password is {}", "a.md"),
        ("# password = '{}'", "a.py"),
        ("- name: DB_PASSWORD\n  value: {}", "a.yml"),
        ('variable "db_password" {{\n  default = "{}"\n}}', "a.tf"),
        ("CREATE USER x IDENTIFIED BY '{}'", "a.sql"),
        ("echo '{}' | docker login --password-stdin r", "a.sh"),
        ("postgresql://svc:{}@db.bank.test/x", "a.txt"),
        ("Server=x;Uid=y;Pwd={};", "a.txt"),
        ("lösenord: {}", "a.md"),
    ],
)
def test_a_password_is_found_in_any_language(text, path):
    assert len(kinds(text.format(Made(8).password()), path)) == 1


@pytest.mark.parametrize(
    "value",
    ["changeme", "<password>", "${PASSWORD}", "$(PASSWORD)", "{{ password }}", "!secret", "****",
     "x" * 20, "db-password-2", "your_password_1", "os.environ['P1']", "%(pw1)s", "null", "pass1234"],
)  # fmt: skip
def test_a_placeholder_is_no_password(value):
    assert kinds(f"password: {value}", "a.yml") == []
    assert kinds(f'password = "{value}"', "a.py") == []


def test_a_test_needs_a_stronger_password_to_be_told_than_other_code():
    assert kinds('password = "kalle77"', "src/a.py") != []
    assert kinds('password = "kalle77"', "tests/test_a.py") == []
    assert kinds(f'password = "{Made(9).drawn_password()}"', "tests/test_a.py") != []


def test_every_detector_is_a_plugin_of_detect_secrets():
    token = Made(10).databricks()
    found = {value for detector in DETECTORS for value in detector().analyze_string(f"t={token}")}
    assert token in found


def test_entropy_is_off_unless_it_is_asked_for():
    text = f'BLOB = "{Made(11).text(ALNUM, 60)}"'
    assert kinds(text) == []
    assert [each.kind for each in Scanner(has_entropy=True).scan(text, "a.py")] == [
        "string of high entropy"
    ]


LONG = 300_000
DASHES = "-" * 5
HOSTILE = {
    "one letter": "a",
    "assignments": "password=",
    "names": "key_token_secret.",
    "quotes": "\"'",
    "spaces": "password    ",
    "addresses": "a://b:",
    "at signs": "a://b:c@",
    "queries": "?sig=&code=",
    "headers of keys": f"{DASHES}BEGIN PRIVATE KEY{DASHES} ",
    "headers of tokens": "eyJ.",
    "base64": "QUJD",
    "digits": "0123456789",
    "commands": "curl -u mysql -p az login ",
    "calls": "password=get(",
    "brackets": "password=[[[(((",
    "escapes": '\\"\\n\\\\',
    "seams": '"+"',
    "split lines": "abcdefghijklmnopqrst\n",
    "variables": 'variable "x" { default ',
    "options": '"--password" default ',
    "names and values": 'name: "x", value ',
    "connection": "server=;password=",
    "capitals": "İ",
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_a_long_line_of_anything_comes_to_an_end(piece):
    """In a second or two; what is quadratic would take hours, and the time limit says so."""
    assert SCANNER.scan(piece * (LONG // len(piece)), "a.yml") == []
