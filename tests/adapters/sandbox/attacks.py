"""What a hostile repository may try: small enough that a failing sandbox does no harm."""

FORK_WITHOUT_END = """
import contextlib, os, time
with contextlib.suppress(BlockingIOError):  # there may be a limit of the kernel, too
    for _ in range(300):
        if os.fork() == 0:
            time.sleep(20)
            os._exit(0)
time.sleep(20)
"""
FORK_FROM_EVERY_CHILD = """
import contextlib, os, time
with contextlib.suppress(BlockingIOError):
    for _ in range(8):  # 256 at most
        os.fork()
time.sleep(20)
"""
START_THREADS = """
import contextlib, threading, time
threading.stack_size(32 << 10)
with contextlib.suppress(RuntimeError):  # there may be a limit of the kernel, too
    for _ in range(400):
        threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
time.sleep(20)
"""
EAT_MEMORY = """
import time
held = [b"x" * (8 << 20) for _ in range(50)]
time.sleep(20)
"""
EAT_MEMORY_TOGETHER = """
import os, time
for _ in range(10):
    if os.fork() == 0:
        held = b"x" * (40 << 20)
        time.sleep(20)
        os._exit(0)
time.sleep(20)
"""
FILL_THE_REPOSITORY = """
import time
for number in range(10):
    with open(f"big_{number}", "wb") as file:
        file.write(bytes(16 << 20))
time.sleep(20)
"""
FILL_THE_TEMPORARY_FOLDER = (
    """
import os, tempfile, time
os.chdir(tempfile.gettempdir())
"""
    + FILL_THE_REPOSITORY
)
FILL_WITHOUT_A_NAME = """
import os, time
for number in range(10):
    files = globals().setdefault("files", [])
    files.append(open("big", "wb"))
    os.unlink("big")
    files[-1].write(bytes(16 << 20))
time.sleep(20)
"""
FILL_ON_THE_WAY = """
import os, socket, time
sends, takes = socket.socketpair()
for number in range(30):
    with open("big", "wb") as file:
        os.unlink("big")
        file.write(bytes(16 << 20))
        file.flush()
        socket.send_fds(sends, [b"."], [file.fileno()])
time.sleep(20)
"""
FILL_BEHIND_A_MAP = """
import ctypes, os, time
call = ctypes.CDLL(None).mmap
call.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
for number in range(30):
    with open("big", "wb+") as file:
        os.unlink("big")
        file.write(bytes(16 << 20))
        file.flush()
        call(None, 4096, 1, 1, file.fileno(), 0)
time.sleep(20)
"""
FILL_IN_A_THREAD = """
import ctypes, os, threading, time
def fill():
    ctypes.CDLL(None).unshare(0x400)  # its descriptors are its own from now on
    files = []
    for number in range(30):
        files.append(open("big", "wb"))
        os.unlink("big")
        files[-1].write(bytes(16 << 20))
    time.sleep(20)
threading.Thread(target=fill).start()
"""
FILL_IN_MEMORY = """
import os, time
files = [os.memfd_create("big") for _ in range(5)]
for file in files:
    os.write(file, bytes(16 << 20))
time.sleep(20)
"""
HIDE_IN_DEEP_FOLDERS = """
import os, time
for _ in range(40):
    os.mkdir("d" * 200)
    os.chdir("d" * 200)
time.sleep(20)
"""
NEVER_END = """
import signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
while True:
    time.sleep(1)
"""
BURN_TIME = "while True: pass"
FLOOD_STDOUT = """
import os
while True:
    os.write(1, b"flood" * 1000)
"""
FLOOD_STDERR = FLOOD_STDOUT.replace("write(1", "write(2")

READ_THE_HOST = """
import glob, sys
for path in ("/etc/passwd", "/etc/shadow", "/etc/hostname", *sys.argv[1:]):
    try:
        print(open(path).read())
    except OSError as error:
        print(error)
own = (sys.executable, *sys.path)  # it may lie in one of them, and the way there is seen
for folder in ("/home", "/root", "/var", "/run"):
    found = glob.glob(f"{folder}/*")
    print([path for path in found if not any(part.startswith(path) for part in own)], end=" ")
"""
READ_PROCESSES = """
import glob, os, sys
for pid in (os.getppid(), sys.argv[1]):
    for name in ("environ", "mem", "fd/0"):
        try:
            open(f"/proc/{pid}/{name}", "rb").close()
            print("opened", pid, name)
        except OSError as error:
            print("no:", error)
"""
CALL_OUT = """
import socket, sys
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=2).sendall(b"hello")
except OSError as error:
    print("no way:", error)
"""
WRITE_OUTSIDE = """
import sys
for path in (sys.argv[1], "/usr/planted", "/etc/planted", "/dev/planted", "/planted",
             "/proc/sys/kernel/core_pattern", f"{sys.prefix}/planted", f"{sys.argv[2]}/planted"):
    try:
        open(path, "w").write("x")
        print("wrote", path)
    except OSError as error:
        print("no:", error)
"""
KILL_EVERYTHING = """
import os
os.kill(-1, 9)
"""
SEE_PROCESSES = """
import os
print(*[name for name in os.listdir("/proc") if name.isdecimal()])
"""
MAKE_NAMESPACES = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print(libc.unshare(0x10000000), libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None))
"""
RAISE_LIMITS = """
import resource
print(*[line.split()[1] for line in open("/proc/self/status") if line.startswith("Cap")])
resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
"""
CALL_THE_KERNEL = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
ATTACH = 16
KEYCTL, BPF = {"x86_64": (250, 321), "aarch64": (219, 280)}[os.uname().machine]
print(libc.shmget(0, 1 << 30, 0o1600), libc.ptrace(ATTACH, os.getppid(), 0, 0),
      libc.syscall(KEYCTL, 0, 0), libc.syscall(BPF, 0, 0, 0))
"""
OPEN_OTHER_SOCKETS = """
import errno, socket
for family in range(1, 46):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET, socket.SOCK_RAW):
        try:
            socket.socket(family, kind).close()
        except OSError as error:
            if error.errno == errno.EPERM:
                continue
        print(family)
        break
"""
KILL_THE_PARENT = """
import os, time
os.kill(os.getppid(), 9)
time.sleep(20)
"""
STAY_BEHIND = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for descriptor in range(3):
            os.close(descriptor)
        time.sleep(120)
    os._exit(0)
os.wait()
time.sleep(0.1)
"""
KILL_THE_PARENT_AND_STAY = STAY_BEHIND + KILL_THE_PARENT
