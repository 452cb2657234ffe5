"""Requests to the viewer that no browser sends: bytes changed, left out, repeated and cut off, over many connections. It must answer
the next plain request all the same, give each broken one an answer or a closed connection, and neither crash nor grow."""
import http.client, os, random, re, socket, subprocess, threading, time

from common import CRASHES, LAB, Broken, Folder, run

PURPOSE = b"X-Requested-With: finops-lab\r\n"
PATHS = [b"/", b"/api/status", b"/api/events", b"/assets/viewer.js", b"/reports/x/index.html", b"/api/run-all", b"/api/load", b"/api/simulate",
         b"/api/cancel", b"/api/run-analyzer", b"/../../etc/passwd", b"/%2e%2e/", b"/reports/..%2f..%2fx.csv", b"//", b"*", b"/" + b"a" * 9000]
METHODS = [b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"CONNECT", b"TRACE", b"BREW", b"PRI"]
BODIES = [b"{}", b'{"analyzer":"pricing"}', b'{"data":"x.csv"}', b'{"path":"../../../etc/passwd"}', b'{"scenario":"calm","rows":-1}', b"[" * 5000,
          b'{"a":"' + b"x" * 70000 + b'"}', b"\xff\xfe\x00", b""]
FIELDS = [b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"Expect: 100-continue\r\n", b"Transfer-Encoding: chunked\r\n", b"Range: bytes=0-1\r\n",
          b"Content-Length: -1\r\n", b"Content-Length: 99999999999999999999\r\n", b"Upgrade: h2c\r\n", b"Origin: http://evil.example\r\n",
          b"X: " + b"y" * 20000 + b"\r\n", b"Host: evil.example\r\n", b": nameless\r\n", b" folded\r\n", b"Cookie: \x00\r\n"]


def request(chance, port):
    method, path, body = chance.choice(METHODS), chance.choice(PATHS), b""
    head = method + b" " + path + b" HTTP/" + chance.choice([b"1.1", b"1.1", b"1.1", b"1.0", b"2.0", b"9"]) + b"\r\n"
    if chance.random() < 0.95:
        head += b"Host: 127.0.0.1:" + str(port).encode() + b"\r\n"
    if chance.random() < 0.7:
        head += PURPOSE
    for _ in range(chance.randrange(3)):
        head += chance.choice(FIELDS)
    if method in (b"POST", b"PUT") or chance.random() < 0.1:
        body = chance.choice(BODIES)
        head += b"Content-Length: " + str(max(0, len(body) + chance.choice([0, 0, 0, -1, 5]))).encode() + b"\r\n"
        if chance.random() < 0.7:
            head += b"Content-Type: application/json\r\n"
    message = bytearray(head + b"\r\n" + body)
    for _ in range(chance.choice([0, 0, 0, 1, 2, 8])):
        if not message:
            break
        place = chance.randrange(len(message))
        how = chance.randrange(4)
        if how == 0:
            message[place] = chance.randrange(256)
        elif how == 1:
            del message[place:place + chance.randrange(1, 20)]
        elif how == 2:
            message[place:place] = message[place:place + chance.randrange(1, 40)]
        else:
            message = message[:place + 1]
    return bytes(message) * (3 if chance.random() < 0.05 else 1)


def attack(port, seed, until, counts):
    chance = random.Random(seed)
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                for _ in range(chance.choice([1, 1, 1, 4])):
                    connection.sendall(request(chance, port))
                    counts["sent"] += 1
                if chance.random() < 0.3:
                    continue
                connection.settimeout(0.15)
                answer = connection.recv(4096)
                status = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
                counts[status.group(1).decode() if status else "closed"] = counts.get(status.group(1).decode() if status else "closed", 0) + 1
                if answer and not status:
                    counts["garbage"] = counts.get("garbage", 0) + 1
        except socket.timeout:
            counts["waiting"] = counts.get("waiting", 0) + 1
        except OSError:
            counts["refused"] = counts.get("refused", 0) + 1


def resident(process):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) / 1000 for line in status if line.startswith("VmRSS"))


def check(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/api/status")
    answer = connection.getresponse()
    if answer.status != 200 or not answer.read().startswith(b"{"):
        raise Broken(f"/api/status answers {answer.status}")
    connection.close()


def viewer(seconds, seed):
    with Folder() as folder:
        code, _, error = run(["simulate", "calm", "--rows", "3000", "-o", "data/x.csv", "--quiet"], folder)
        if code != 0:
            raise Broken(error[:200])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with open(os.path.join(folder, "viewer.out"), "wb") as output:
            process = subprocess.Popen([LAB, "view", ".", "--port", str(port)], cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
            try:
                deadline = time.monotonic() + 10
                while True:
                    try:
                        check(port)
                        break
                    except OSError:
                        if time.monotonic() > deadline or process.poll() is not None:
                            raise Broken("the viewer doesn't start")
                        time.sleep(0.1)
                most, ends = 0, {}
                started = time.monotonic()
                turn = 0
                while time.monotonic() - started < seconds:
                    counts = [{"sent": 0} for _ in range(6)]
                    until = min(time.monotonic() + 5, started + seconds)
                    threads = [threading.Thread(target=attack, args=(port, f"{seed} {turn} {index}", until, counts[index])) for index in range(6)]
                    for thread in threads:
                        thread.start()
                    for thread in threads:
                        thread.join()
                    turn += 1
                    for count in counts:
                        for end, number in count.items():
                            ends[end] = ends.get(end, 0) + number
                    if process.poll() is not None:
                        raise Broken(f"the viewer ended with {process.returncode} in turn {turn} of seed {seed}")
                    if any(count.get("garbage") for count in counts):
                        raise Broken(f"an answer that is no HTTP in turn {turn} of seed {seed}")
                    check(port)
                    most = max(most, resident(process))
                if most > 400:
                    raise Broken(f"it grew to {most:.0f} MB")
            finally:
                process.terminate()
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise Broken("it doesn't end when it is asked to")
        with open(os.path.join(folder, "viewer.out"), errors="replace") as output:
            text = output.read()
        if CRASHES.search(text):
            raise Broken(text[-300:])
        print(f"{ends.pop('sent'):,} requests, {most:.0f} MB at most; first answers: " + ", ".join(f"{end} {number:,}" for end, number in sorted(ends.items())), flush=True)
        return "answered on"


def rounds(score, seconds, seed):
    score.attempt(f"broken requests to the viewer for {seconds} s", f"seed {seed}", lambda: viewer(seconds, seed))
