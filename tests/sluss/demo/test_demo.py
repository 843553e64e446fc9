"""The demo as a process: no variable of the shell leads it away, and no end leaves anything."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil

from adapters.mlflow.command import OWNER, free_port
from core.loopback import is_own_host

ROOT = Path(__file__).parents[3]
OF_SOMEBODY = {
    "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
    "DATABRICKS_HOST": "https://adb.bank.example",
    "SLUSS_MLFLOW_URL": "http://127.0.0.1:9",
    "SLUSS_STORE_URL": "postgresql://sluss@127.0.0.1:9/sluss",
    "SLUSS_LOCAL": "false",
    "GIT_DIR": "/nowhere",
}


def test_it_ignores_foreign_variables_and_an_early_end_leaves_nothing(tmp_path):
    """It is told to end again and again, as by make, by a container and by somebody impatient."""
    port = free_port()
    demo = subprocess.Popen(
        [sys.executable, "-m", "sluss", "demo", "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, **OF_SOMEBODY, "TMPDIR": str(tmp_path), "BROWSER": "true"},
        stdout=subprocess.PIPE,
        text=True,
    )
    said = {}
    try:
        for line in demo.stdout:
            name, _, rest = line.strip().partition(" ")
            said[name] = rest.strip()
            if name == "Making":
                break
        demo.stdout.close()  # as when the terminal is closed
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            demo.send_signal(number)
        demo.wait(30)
    finally:
        demo.kill()

    assert said["chat"].startswith(f"http://127.0.0.1:{port}/chat/?token=")
    assert is_own_host(said["MLflow"].split(" ")[0].removeprefix("http://"))
    assert "http://127.0.0.1:9 " not in said["MLflow"]
    assert said["Ctrl-C"].startswith("ends the demo and deletes that folder, unless you have")
    assert list(tmp_path.iterdir()) == []
    assert [process for process in psutil.process_iter() if is_of(process, tmp_path)] == []


def refused(folder, *words):
    """What is said, and in the errors, by a demo that cannot start; its folders lie in this one."""
    demo = [sys.executable, "-m", "sluss", "demo", *words]
    env = {**os.environ, "TMPDIR": str(folder)}
    done = subprocess.run(demo, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    return done.stdout, done.stderr


def test_a_folder_that_cannot_be_kept_is_named_before_anything_is_said_to_start(tmp_path):
    (tmp_path / "file").touch()
    said, errors = refused(tmp_path, "--keep", tmp_path / "file")
    assert errors.startswith(f"sluss: The folder {tmp_path}/file cannot be used (File exists)")
    assert said == ""


def test_a_port_that_is_taken_is_all_that_is_said_and_nothing_is_left(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        said, errors = refused(tmp_path, "--port", port)
    assert errors.startswith(f"sluss: Port {port} of 127.0.0.1 is taken. Nothing was started")
    assert said == "Starting Sluss, with an MLflow of its own.\n"
    assert list(tmp_path.iterdir()) == []


def is_of(process, folder):
    try:
        return process.environ().get(OWNER, "").startswith(str(folder))
    except psutil.Error:
        return False
