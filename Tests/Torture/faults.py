"""Lets every single call for a file fail, one run after the other, and looks at what the program says and leaves."""
import os, shutil, subprocess

from common import DONE, Broken, Folder, ROOT, check_orderly, digest, run, tree

ERRORS = {
    "open": ["EMFILE", "EACCES"], "read": ["EIO", "EINTR", "SHORT"], "write": ["ENOSPC", "EDQUOT", "EIO", "EINTR", "SHORT"],
    "fsync": ["EIO"], "rename": ["EIO", "EACCES"], "mkdir": ["ENOSPC", "EROFS"], "truncate": ["EIO"], "unlink": ["EACCES"],
}
# What must go on as if nothing had happened.
HARMLESS = {"EINTR", "SHORT"}


def library(folder):
    """The shim that makes calls fail, compiled; None without a C compiler."""
    compiler = next((name for name in ("clang", "cc", "gcc") if shutil.which(name)), None)
    if compiler is None:
        return None
    path = os.path.join(folder, "faults.so")
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", path, os.path.join(ROOT, "Tests/Torture/faults.c"), "-ldl"], check=True)
    return path


class Command:
    """A command whose calls fail: what it reads, and what it leaves when all goes well."""

    def __init__(self, name, arguments, outputs):
        self.name, self.arguments, self.outputs = name, arguments, outputs

    def results(self, folder):
        """The digests of what bears its final name."""
        found = {}
        for output in self.outputs:
            path = os.path.join(folder, output)
            if os.path.isdir(path):
                found[output] = tree(path)
            elif os.path.exists(path):
                found[output] = digest(path)
        return found


COMMANDS = [
    Command("simulate", ["simulate", "small.json", "-o", "new.csv", "--fsync", "--quiet"], ["new.csv", "new.customers.csv", "new.truth.json"]),
    Command("analyze", ["analyze", "x.csv", "--format", "json", "--quiet"], []),
    Command("analyze --rejects --junit", ["analyze", "bad.csv", "--rejects", "rejects.csv", "--junit", "verdicts.xml", "--quiet"], ["rejects.csv"]),
    Command("report", ["report", "x.csv", "-o", "pages", "--stamp", "none", "--quiet"], ["pages"]),
    Command("report --single-file", ["report", "x.csv", "--single-file", "-o", "page.html", "--stamp", "none", "--quiet"], ["page.html"]),
    Command("validate", ["validate", "small.json"], []),
]


def inputs(folder):
    with open(os.path.join(folder, "small.json"), "w") as file:
        file.write('{"format": "finops-lab/scenario/1", "name": "small", "traffic": {"calls_per_hour": 6}}\n')
    run(["simulate", "small.json", "-o", "x.csv", "--quiet"], folder)
    with open(os.path.join(folder, "x.csv")) as source, open(os.path.join(folder, "bad.csv"), "w") as target:
        for number, line in enumerate(source):
            target.write("no call\n" if number % 100 == 99 else line)


def once(command, shim, source, fault, kind, expected):
    with Folder() as folder:
        shutil.copytree(source, folder, dirs_exist_ok=True)
        log = os.path.join(os.path.dirname(shim), "calls")
        environment = {"LD_PRELOAD": shim, "LAB_FAULT_PATH": folder, "LAB_FAULT_LOG": log}
        if fault:
            environment["LAB_FAULT"] = fault
        code, output, error = run(command.arguments, folder, environment)
        results = command.results(folder)
        if fault is None:
            with open(log) as file:
                calls = {name: int(count) for name, count in (line.split() for line in file)}
            return code, output, results, calls
        same = code == expected[0] and results == expected[2]
        if same and (not command.name == "analyze" or output == expected[1]):
            return "as if nothing had happened"
        if kind in HARMLESS:
            raise Broken(f"{fault} must do no harm: exit code {code}, {error.strip()[:200]}")
        if code == expected[0] and error.strip() and all(expected[2].get(name) == value for name, value in results.items()):
            # What is not needed for the result may be missing where a note says so.
            return "done with a note"
        check_orderly(code, error)
        for name, value in results.items():
            if value != expected[2].get(name):
                raise Broken(f"{name} looks complete and isn't")
        return "refused"


def rounds(score, most):
    """- most: calls of a function that are tried one by one; beyond, they are spread over all."""
    with Folder() as home:
        shim = library(home)
        if shim is None:
            return score.skip("failing calls", "no C compiler for the library that makes calls fail")
        source = os.path.join(home, "in")
        os.mkdir(source)
        inputs(source)
        for command in COMMANDS:
            code, output, results, calls = once(command, shim, source, None, None, None)
            if code not in DONE:
                score.failed(f"failing calls of `{command.name}`", "unbroken", f"ends with {code}")
                continue
            for function, errors in ERRORS.items():
                count = calls.get(function, 0)
                step = max(1, count // most)
                for number in range(1, count + 1, step):
                    for kind in errors:
                        for fault in [f"{function}:{number}:{kind}"] + ([f"{function}:{number}+:{kind}"] if kind not in HARMLESS and number == 1 else []):
                            score.attempt(
                                f"failing calls of `{command.name}`", fault,
                                lambda: once(command, shim, source, fault, kind, (code, output, results)))
