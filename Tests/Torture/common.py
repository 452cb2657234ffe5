"""What all rounds share: running the program, reading what it left, and keeping the score."""
import hashlib, os, re, shutil, subprocess, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAB = os.environ.get("LAB_PRODUCT", os.path.join(ROOT, ".build/release/finops-lab"))
# Codes that docs/cli.md promises for files that can't be read or written.
ORDERLY = {64, 65, 66, 73, 74, 75}
# All results are written; 99 says that a threshold of the scenario failed.
DONE = {0, 99}
CRASHES = re.compile(r"Fatal error|Program crashed|Backtrace|Segmentation|terminate called|/Sources/Lab")


class Broken(Exception):
    """A promise that was not kept."""


class Score:
    """Counts rounds by kind, and what was broken."""

    def __init__(self):
        self.rounds, self.broken, self.skipped = {}, [], []

    def passed(self, kind, detail=""):
        rounds, details = self.rounds.setdefault(kind, [0, {}])
        self.rounds[kind][0] = rounds + 1
        if detail:
            details[detail] = details.get(detail, 0) + 1

    def failed(self, kind, place, problem):
        self.rounds.setdefault(kind, [0, {}])[0] += 1
        self.broken.append(f"{kind}, {place}: {problem}")
        print(f"BROKEN  {kind}, {place}: {problem}", flush=True)

    def skip(self, kind, reason):
        self.skipped.append(f"{kind}: {reason}")
        print(f"skipped {kind}: {reason}", flush=True)

    def attempt(self, kind, place, body):
        """One round; `body` returns a word for how it ended, or raises Broken."""
        try:
            self.passed(kind, body() or "")
        except Broken as problem:
            self.failed(kind, place, problem)

    def print(self):
        print("\n| Rounds | Number | How they ended |\n|---|---|---|")
        for kind, (rounds, details) in self.rounds.items():
            ends = ", ".join(f"{name} {count:,}" for name, count in sorted(details.items(), key=lambda entry: -entry[1]))
            print(f"| {kind} | {rounds:,} | {ends} |")
        for reason in self.skipped:
            print(f"skipped: {reason}")
        print(f"\n{len(self.broken)} broken")


def run(arguments, folder, environment=None, timeout=60, preexec=None):
    """Runs the program in a folder: (exit code, standard output, standard error). A hang is a broken promise."""
    whole = {**os.environ, "NO_COLOR": "1", **(environment or {})}
    process = subprocess.Popen(
        [LAB, *arguments], cwd=folder, env=whole, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=preexec)
    try:
        output, error = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise Broken(f"'{' '.join(arguments)}' hangs: no end after {timeout} s")
    return process.returncode, output.decode(errors="replace"), error.decode(errors="replace")


def check_orderly(code, error, allowed=ORDERLY):
    """A failure must have its code and a sentence, and no trace of the inside."""
    if code < 0:
        raise Broken(f"ended by signal {-code}")
    if CRASHES.search(error):
        raise Broken("crashed: " + error.strip()[:200])
    if code not in allowed:
        raise Broken(f"exit code {code}: {error.strip()[:200]}")
    if not any(line.startswith("error:") or ": error: " in line for line in error.splitlines()):
        raise Broken(f"exit code {code} without a line that says 'error:': {error.strip()[:200]}")


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def tree(folder):
    """The files of a folder by path, hidden ones left out, with their digests."""
    found = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith("."):
                path = os.path.join(place, name)
                found[os.path.relpath(path, folder)] = digest(path)
    return found


class Folder:
    """A folder of its own for a round, removed afterwards."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="finops-lab-torture-")
        return self.path

    def __exit__(self, *_):
        subprocess.run(["chmod", "-R", "u+rwX", self.path], capture_output=True)
        shutil.rmtree(self.path, ignore_errors=True)
