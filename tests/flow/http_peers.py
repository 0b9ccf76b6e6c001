# SPDX-License-Identifier: Apache-2.0
"""What tests/flow/http_peers.sh runs: clients of others against http://."""

import http.client
import re
import subprocess
import sys
import tempfile

WEFT, BOARD = sys.argv[1], sys.argv[2]
DEADLINE = 60  # seconds, of anything that must happen


class Host:
    """weft run PLUGIN, behind a port of its own."""

    def __init__(self, plugin):
        self.process = subprocess.Popen(
            [WEFT, "run", plugin, "--workers", "2", "--listen",
             "http://127.0.0.1:0"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.url = ""
        for line in self.process.stdout:
            found = re.match(r"listening (http://127.0.0.1:(\d+))", line)
            if found:
                self.url, self.port = found.group(1), int(found.group(2))
            if line == "ready\n":
                break
        assert self.url, "it does not listen"

    def end(self):
        self.process.terminate()
        assert self.process.wait(DEADLINE) == 0, "it does not stop in order"


def curl(*arguments, **kwargs):
    return subprocess.run(
        ["curl", "-s", "--max-time", str(DEADLINE), *arguments],
        stdout=subprocess.PIPE, timeout=DEADLINE + 5, check=True,
        **kwargs).stdout


def curl_uploads(host):
    """In chunks, and after 100 Continue."""
    body = bytes(range(256)) * 2000
    for fields in (["-H", "Transfer-Encoding: chunked"],
                   ["-H", "Expect: 100-continue"], ["-H", "Expect:"]):
        found = curl("--data-binary", "@-", *fields, host.url, input=body)
        assert found == body, f"{fields}: {len(found)} bytes came back"
    told = subprocess.run(
        ["curl", "-sv", "--max-time", str(DEADLINE),
         "--expect100-timeout", str(DEADLINE), "-H", "Expect: 100-continue",
         "--data-binary", "hello", host.url],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, check=True)
    assert b"< HTTP/1.1 100 Continue" in told.stderr, told.stderr


def curl_keeps_its_connection(host):
    found = curl("-d", "a", "-w", "%{num_connects}", host.url, host.url,
                 host.url)
    assert found == b"a1a0a0", found


def curl_of_http_1_0(host):
    assert curl("--http1.0", "-d", "old", host.url) == b"old"


def python_keeps_its_connection(host):
    connection = http.client.HTTPConnection("127.0.0.1", host.port,
                                            timeout=DEADLINE)
    socket = None
    for n in (0, 1, 1000, 100000):
        connection.request("POST", "/", body=b"x" * n)
        response = connection.getresponse()
        assert response.status == 200, response.status
        assert response.read() == b"x" * n
        assert socket in (None, connection.sock), "a new connection"
        socket = connection.sock
    connection.request("POST", "/", body=iter([b"in ", b"chunks"]),
                       encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})
    assert connection.getresponse().read() == b"in chunks"
    connection.request("GET", "/")
    response = connection.getresponse()
    assert response.status == 405, response.status
    assert response.getheader("Allow") == "POST, PUT"
    response.read()
    connection.close()


def wrk_finds_no_error(host):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write('wrk.method = "POST"\nwrk.body = "hello"\n')
        script.flush()
        found = subprocess.run(
            ["wrk", "-c", "50", "-t", "1", "-d", "1", "-s", script.name,
             host.url],
            text=True, stdout=subprocess.PIPE, timeout=DEADLINE,
            check=True).stdout
    requests = re.search(r"(\d+) requests in", found)
    assert requests and int(requests.group(1)) > 0, found
    assert "Non-2xx" not in found and "Socket errors" not in found, found


def events_come_to_curl(host):
    """The commands of examples/board/README.md."""
    board = host.url + "/boards/kitchen"
    with subprocess.Popen(["curl", "-sN", "-D", "-", board + "/events"],
                          stdout=subprocess.PIPE) as page:
        while page.stdout.readline() != b"\r\n":
            pass
        curl("-d", "the coffee is ready", board)
        curl("-d", "two\nlines", board)
        found = [page.stdout.readline() for i in range(5)]
        page.kill()
    assert found == [b"data: the coffee is ready\n", b"\n", b"data: two\n",
                     b"data: lines\n", b"\n"], found
    status = curl("-o", "/dev/null", "-w", "%{http_code}",
                  host.url + "/boards/%2b/events")
    assert status == b"404", status


def run(plugin, cases):
    host = Host(plugin)
    for case in cases:
        case(host)
        print(f"passed: {case.__name__}", flush=True)
    host.end()


run("echo", [curl_uploads, curl_keeps_its_connection, curl_of_http_1_0,
             python_keeps_its_connection, wrk_finds_no_error])
run(BOARD, [events_come_to_curl])
