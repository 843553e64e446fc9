"""The tests' PostgreSQL ends with whoever started it, however that ends."""

import subprocess
import sys
import time
from pathlib import Path

import psycopg

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
