"""The tests' PostgreSQL ends with whoever started it, however that ends."""

import subprocess
import sys
import time
from pathlib import Path

import psycopg

from tests.peers import postgresql

ROOT = Path(__file__).parents[2]
START = (
    "import sys, time; from tests.peers.postgresql import running\n"
    "with running() as server:\n"
    "    print(server.port, flush=True); time.sleep(600)"
)


def is_up(port: int) -> bool:
    try:
        psycopg.connect(host="127.0.0.1", port=port, user="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_killed_owner_leaves_no_server():
    with subprocess.Popen([sys.executable, "-c", START], cwd=ROOT, stdout=subprocess.PIPE) as owner:
        port = int(owner.stdout.readline())
        assert is_up(port)
        owner.kill()
    until = time.monotonic() + 30
    while is_up(port):
        assert time.monotonic() < until
        time.sleep(0.1)


def test_its_programs_run_from_a_copy_that_other_users_may_enter(tmp_path):
    copy = postgresql.copied(postgresql.installed(), tmp_path)

    said = subprocess.run([copy / "bin" / "initdb", "--version"], capture_output=True, check=True)
    assert b"PostgreSQL" in said.stdout
