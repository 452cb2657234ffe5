#!/usr/bin/env python3
"""Loads the viewer: requests while all analyzers run, half-open and slow connections, event streams that come and go.

    Benchmarks/viewer/load.py [--rows 10000000] [--seconds 20] [--connections 32] [--streams 10000]

Needs wrk (Debian: apt-get install wrk) and a release build. It makes a project of its own, and leaves nothing behind.
"""
import argparse, json, os, re, shutil, signal, socket, subprocess, sys, tempfile, threading, time, urllib.request

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
lab = os.environ.get("FINOPS_LAB", os.path.join(root, ".build/release/finops-lab"))
BUSY = ("queued", "running")


class Viewer:
    """A viewer over a folder, with what a client needs of it."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [lab, "view", "--quiet"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().split()[1]
        self.port = int(self.url.split(":")[2].strip("/"))

    def status(self):
        with urllib.request.urlopen(self.url + "api/status") as answer:
            return json.load(answer)

    def post(self, path):
        request = urllib.request.Request(self.url + path, method="POST", headers={"X-Requested-With": "finops-lab"})
        try:
            return urllib.request.urlopen(request).status
        except urllib.error.HTTPError as error:
            return error.code

    def is_busy(self):
        return any(job["status"] in BUSY for job in self.status()["jobs"])

    def wait_until_idle(self):
        while self.is_busy():
            time.sleep(0.2)

    def memory(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1000

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def end(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


def wrk(viewer, seconds, connections):
    text = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", viewer.url + "api/status"],
        capture_output=True, text=True, check=True).stdout
    figures = {name: re.search(pattern, text) for name, pattern in [
        ("p50", r"\s50%\s+([\d.]+\S+)"), ("p99", r"99%\s+(\S+)"), ("requests_per_second", r"Requests/sec:\s+(\S+)"),
        ("errors", r"(Socket errors.*|Non-2xx.*)")]}
    return {name: found.group(1) if found else None for name, found in figures.items()}


def keep_analysing(viewer, stop):
    """Runs all analyzers again and again; counts the rounds that ended."""
    rounds = 0
    while not stop.is_set():
        if viewer.post("api/run-all") == 202:
            rounds += 1
        viewer.wait_until_idle()
    return rounds


def latencies(viewer, count):
    """Milliseconds of single requests, each on a new connection."""
    times = []
    for _ in range(count):
        start = time.monotonic()
        viewer.status()
        times.append((time.monotonic() - start) * 1000)
        time.sleep(0.02)
    times.sort()
    return {"median_ms": round(times[len(times) // 2], 1), "largest_ms": round(times[-1], 1)}


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    connection.settimeout(5)
    return connection


def besieged(viewer):
    """500 connections that send nothing and 500 that send a byte of a header now and then."""
    silent = [connect(viewer.port) for _ in range(500)]
    slow = [connect(viewer.port) for _ in range(500)]
    stop = threading.Event()

    def trickle():
        text = f"GET /api/status HTTP/1.1\r\nHost: 127.0.0.1:{viewer.port}\r\nX-Slow: {'a' * 4000}".encode()
        for at in range(len(text)):
            for connection in slow:
                try:
                    connection.send(text[at:at + 1])
                except OSError:
                    pass
            if stop.wait(0.2):
                return

    thread = threading.Thread(target=trickle)
    thread.start()
    time.sleep(1)
    found = latencies(viewer, 100)
    found["descriptors"] = viewer.descriptors()
    stop.set()
    thread.join()
    for connection in silent + slow:
        connection.close()
    return found


def streams(viewer, count):
    """Pages that open their stream of events, read the first event, and leave."""
    def visit(times):
        request = f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{viewer.port}\r\n\r\n".encode()
        for _ in range(times):
            connection = connect(viewer.port)
            connection.send(request)
            connection.recv(4096)
            connection.close()

    visit(count // 10)
    time.sleep(1)
    before = {"mb": viewer.memory(), "descriptors": viewer.descriptors()}
    start = time.monotonic()
    visit(count)
    seconds = time.monotonic() - start
    time.sleep(1)
    after = {"mb": viewer.memory(), "descriptors": viewer.descriptors()}
    return {"visits": count, "seconds": round(seconds, 1), "before": before, "after": after}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--streams", type=int, default=10_000)
    options = parser.parse_args()
    for needed in (lab, shutil.which("wrk")):
        if not needed or not os.path.exists(needed):
            sys.exit("a release build and wrk are needed: swift build -c release --product finops-lab; apt-get install wrk")
    folder = tempfile.mkdtemp(prefix="finops-lab-viewer-")
    try:
        os.mkdir(os.path.join(folder, "data"))
        subprocess.run(
            [lab, "simulate", "stress", "--rows", str(options.rows), "-o", "data/load.csv", "--quiet"], cwd=folder, check=True)
        viewer = Viewer(folder)
        viewer.wait_until_idle()
        results = {"load_average": os.getloadavg()[0], "rows": options.rows}
        results["idle"] = wrk(viewer, options.seconds, options.connections)
        stop, rounds = threading.Event(), []
        worker = threading.Thread(target=lambda: rounds.append(keep_analysing(viewer, stop)))
        worker.start()
        time.sleep(1)
        results["while_analysing"] = wrk(viewer, options.seconds, options.connections)
        results["while_analysing"]["single"] = latencies(viewer, 100)
        stop.set()
        worker.join()
        results["while_analysing"]["rounds"] = rounds[0]
        results["besieged"] = besieged(viewer)
        results["streams"] = streams(viewer, options.streams)
        results["exit_code"] = viewer.end()
        print(json.dumps(results, indent=2))
    finally:
        shutil.rmtree(folder)


main()
