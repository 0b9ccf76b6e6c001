#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/serve_load.py PORT SECONDS [CLIENTS] - clients that connect, say a
# line, want it back and leave, over and over, while whoever listens is killed
# or replaced.  Prints one line:
#
#   replies=N refused=N lost=N late=N gap_ms=N
#
# refused: connect() failed; lost: a connection ended without its reply; late:
# no reply within 10 s; gap_ms: the longest time from one reply of a client to
# its next.
import socket
import sys
import threading
import time

port, seconds = int(sys.argv[1]), float(sys.argv[2])
clients = int(sys.argv[3]) if len(sys.argv) > 3 else 4
end = time.monotonic() + seconds
lock = threading.Lock()
total = dict(replies=0, refused=0, lost=0, late=0, gap_ms=0)


def once(line):
    """One connection; which count goes up."""
    with socket.socket() as s:
        s.settimeout(10)
        try:
            s.connect(("127.0.0.1", port))
        except OSError:
            return "refused"
        try:
            s.sendall(line)
            found = b""
            while not found.endswith(b"\n"):
                some = s.recv(100)
                if not some:
                    return "lost"
                found += some
            return "replies" if found == line else "lost"
        except socket.timeout:
            return "late"
        except OSError:
            return "lost"


def client(number):
    mine = dict.fromkeys(total, 0)
    last = time.monotonic()
    i = 0
    while time.monotonic() < end:
        i += 1
        how = once(b"%d %d\n" % (number, i))
        mine[how] += 1
        if how == "replies":
            now = time.monotonic()
            mine["gap_ms"] = max(mine["gap_ms"], int((now - last) * 1000))
            last = now
    with lock:
        for key, value in mine.items():
            if key == "gap_ms":
                total[key] = max(total[key], value)
            else:
                total[key] += value


threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(" ".join("%s=%d" % item for item in total.items()))
