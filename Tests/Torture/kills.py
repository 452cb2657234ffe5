"""Kills the program without warning at random moments, and looks at what is left."""
import os, random, shutil, signal, subprocess, time

from common import DONE, LAB, Broken, Folder, digest, run, tree

SCENARIO = "peak"
ROWS = "120000"


class Reference:
    """What unbroken runs give, and how long they take."""

    def __init__(self, folder):
        self.folder = folder
        self.seconds = {}
        self.time("simulate", ["simulate", SCENARIO, "--rows", ROWS, "-o", "x.csv", "--quiet"])
        self.data = {name: digest(os.path.join(folder, name)) for name in ["x.csv", "x.customers.csv", "x.truth.json"]}
        self.time("report", ["report", "x.csv", "-o", "old", "--stamp", "none", "--quiet"])
        self.report = tree(os.path.join(folder, "old"))
        with open(os.path.join(folder, "small.json"), "w") as file:
            file.write('{"format": "finops-lab/scenario/1", "name": "small", "traffic": {"calls_per_hour": 300}}\n')
        self.time("run", ["run", "small.json", "--out", "runs", "--quiet"])
        self.run_data = digest(os.path.join(folder, "runs/small.csv"))

    def time(self, name, arguments):
        start = time.monotonic()
        code, _, error = run(arguments, self.folder)
        if code not in DONE:
            raise SystemExit(f"the unbroken {name} ends with {code}: {error}")
        self.seconds[name] = time.monotonic() - start


def killed(arguments, folder, after):
    """Starts the program and kills it after some seconds; whether it was still running."""
    process = subprocess.Popen(
        [LAB, *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(timeout=after)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True


def moment(chance, seconds):
    """A moment of a run; a third of them near its end, where files get their names."""
    return chance.uniform(0.75, 1.02) * seconds if chance.random() < 0.33 else chance.uniform(0, 1) * seconds


def simulate(reference, after):
    with Folder() as folder:
        arguments = ["simulate", SCENARIO, "--rows", ROWS, "-o", "x.csv", "--quiet"]
        was_killed = killed(arguments, folder, after)
        for name, expected in reference.data.items():
            path = os.path.join(folder, name)
            if os.path.exists(path) and digest(path) != expected:
                raise Broken(f"{name} looks complete and isn't")
        code, _, error = run(arguments + ["--resume"], folder)
        if code not in DONE:
            raise Broken(f"--resume ends with {code}: {error.strip()[:200]}")
        for name, expected in reference.data.items():
            if digest(os.path.join(folder, name)) != expected:
                raise Broken(f"--resume gives other bytes in {name}")
        left = [name for name in os.listdir(folder) if name.endswith((".part", ".lock"))]
        if left:
            raise Broken(f"left behind after --resume: {left}")
        return "killed" if was_killed else "done before"


def report(reference, after):
    with Folder() as folder:
        for name in os.listdir(reference.folder):
            if name.startswith("x."):
                os.link(os.path.join(reference.folder, name), os.path.join(folder, name))
        # The old report is at other prices, so that old and new pages differ.
        code, _, error = run(["report", "x.csv", "-o", "r", "--stamp", "none", "--quiet", "--prices", "classic"], folder)
        if code not in DONE:
            raise Broken(f"the old report ends with {code}: {error.strip()[:200]}")
        old = tree(os.path.join(folder, "r"))
        was_killed = killed(["report", "x.csv", "-o", "r", "--stamp", "none", "--quiet"], folder, after)
        kept = tree(os.path.join(folder, "r"))
        new = reference.report
        if kept not in (old, new):
            raise Broken(f"a mixture: {len(kept)} files, {sum(kept.get(p) == d for p, d in old.items())} old, {sum(kept.get(p) == d for p, d in new.items())} new")
        code, _, error = run(["report", "x.csv", "-o", "r", "--stamp", "none", "--quiet"], folder)
        if code not in DONE or tree(os.path.join(folder, "r")) != new:
            raise Broken(f"the next report ends with {code} or differs: {error.strip()[:200]}")
        return "killed" if was_killed else "done before"


def whole_run(reference, after):
    with Folder() as folder:
        shutil.copy(os.path.join(reference.folder, "small.json"), folder)
        arguments = ["run", "small.json", "--out", "runs", "--quiet"]
        was_killed = killed(arguments, folder, after)
        path = os.path.join(folder, "runs/small.csv")
        if os.path.exists(path) and digest(path) != reference.run_data:
            raise Broken("small.csv looks complete and isn't")
        pages = os.path.join(folder, "runs/reports/small")
        if os.path.exists(pages) and not os.path.exists(os.path.join(pages, "manifest.json")):
            raise Broken("a report without its manifest")
        code, _, error = run(arguments, folder)
        if code not in DONE or digest(path) != reference.run_data:
            raise Broken(f"the next run ends with {code} or differs: {error.strip()[:200]}")
        return "killed" if was_killed else "done before"


def rounds(score, count, seed):
    chance = random.Random(seed)
    with Folder() as folder:
        reference = Reference(folder)
        kinds = [("simulate", simulate), ("report", report), ("run", whole_run)]
        for number in range(count):
            name, kind = kinds[number % len(kinds)]
            after = moment(chance, reference.seconds[name])
            score.attempt(f"kill -9 of `{name}`", f"round {number} of seed {seed}, after {after:.3f} s", lambda: kind(reference, after))
