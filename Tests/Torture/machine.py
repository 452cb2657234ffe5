"""A machine that fails: full and read-only disks, quotas, too few descriptors, too little memory, files that vanish or change."""
import os, resource, shutil, signal, subprocess, threading, time

from common import DONE, Broken, Folder, LAB, check_orderly, run, tree

SMALL = '{"format": "finops-lab/scenario/1", "name": "small", "traffic": {"calls_per_hour": 300}}\n'


def prepared(folder, rows="60000"):
    with open(os.path.join(folder, "small.json"), "w") as file:
        file.write(SMALL)
    code, _, error = run(["simulate", "peak", "--rows", rows, "-o", "x.csv", "--quiet"], folder)
    if code != 0:
        raise Broken(f"exit code {code}: {error.strip()[:200]}")


def mounted(folder, options):
    """A small file system of its own, when that is allowed."""
    os.makedirs(folder, exist_ok=True)
    return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True).returncode == 0


def full_disk(kilobytes):
    with Folder() as folder:
        prepared(folder)
        disk = os.path.join(folder, "disk")
        if not mounted(disk, f"size={kilobytes}k"):
            return None
        try:
            ends = []
            for arguments, result in [
                (["simulate", "peak", "--rows", "60000", "-o", "disk/y.csv", "--quiet"], "y.csv"),
                (["report", "x.csv", "-o", "disk/pages", "--quiet"], "pages/index.html"),
                (["run", "small.json", "--out", "disk/run", "--quiet"], "run/small.csv"),
            ]:
                code, _, error = run(arguments, folder)
                if code in DONE:
                    ends.append("done")
                else:
                    check_orderly(code, error, {73, 74})
                    if os.path.exists(os.path.join(disk, result)) and result != "run/small.csv":
                        raise Broken(f"{result} looks complete on a full disk")
                    ends.append("refused")
                for name in os.listdir(disk):
                    path = os.path.join(disk, name)
                    shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
            return ", ".join(sorted(set(ends)))
        finally:
            subprocess.run(["umount", disk], capture_output=True)


def read_only():
    with Folder() as folder:
        prepared(folder)
        disk = os.path.join(folder, "disk")
        if not mounted(disk, "size=1m"):
            return None
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        try:
            for arguments in [
                ["simulate", "peak", "--rows", "1000", "-o", "disk/y.csv"], ["report", "x.csv", "-o", "disk/pages"],
                ["run", "small.json", "--out", "disk/run"], ["analyze", "x.csv", "--junit", "disk/j.xml"],
                ["report", "x.csv", "--single-file", "-o", "disk/page.html"],
            ]:
                code, _, error = run(arguments, folder)
                check_orderly(code, error, {73, 74})
            return "refused"
        finally:
            subprocess.run(["umount", disk], capture_output=True)


def limited(kind, value, allowed, arguments=("report", "x.csv", "-o", "pages", "--quiet")):
    """With a limit of the kernel on the process."""
    with Folder() as folder:
        prepared(folder)

        def limit():
            resource.setrlimit(kind, (value, value))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        code, _, error = run(list(arguments), folder, preexec=limit)
        if code in DONE:
            return "done"
        check_orderly(code, error, allowed)
        if os.path.exists(os.path.join(folder, "pages/index.html")):
            raise Broken("a report that looks complete")
        return "refused"


def group_of_memory(megabytes):
    """A control group that may hold only so much: (its folder, nothing) or None where that isn't allowed."""
    name = f"finops-lab-{os.getpid()}-{megabytes}"
    for parent, limit in [("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")]:
        group = os.path.join(parent, name)
        try:
            os.mkdir(group)
        except OSError:
            continue
        if os.path.exists(os.path.join(group, limit)):
            with open(os.path.join(group, limit), "w") as file:
                file.write(str(megabytes << 20))
            return group
        os.rmdir(group)
    return None


def memory_of_group(megabytes):
    """In a control group that may hold only so much: refused before it starts, and if not, files must be whole."""
    group = group_of_memory(megabytes)
    if group is None:
        return None
    try:
        with Folder() as folder:
            prepared(folder, "600000")

            def join():
                with open(os.path.join(group, "cgroup.procs"), "w") as file:
                    file.write(str(os.getpid()))

            code, _, error = run(["report", "x.csv", "-o", "pages", "--quiet"], folder, preexec=join)
            complete = os.path.exists(os.path.join(folder, "pages/index.html"))
            if code in DONE:
                return "done"
            if complete:
                raise Broken("a report that looks complete")
            check_orderly(code, error)
            return "refused"
    finally:
        time.sleep(0.1)
        try:
            os.rmdir(group)
        except OSError:
            pass


def changing(change, after):
    """A data file that changes while it is read."""
    with Folder() as folder:
        prepared(folder, "400000")
        path = os.path.join(folder, "x.csv")
        timer = threading.Timer(after, change, [path])
        timer.start()
        code, output, error = run(["analyze", "x.csv", "understanding", "--format", "json", "--quiet"], folder)
        timer.join()
        if code in DONE:
            return "done"
        check_orderly(code, error)
        return "refused"


def cut(path):
    os.truncate(path, os.path.getsize(path) // 2)


def grow(path):
    with open(path, "a") as file:
        file.write("no call\n" * 1000)


def clocks(score):
    """A clock that jumps: the same bytes but for the times that say when."""
    with Folder() as folder:
        prepared(folder, "5000")
        outputs = []
        for seconds in ["0", "100000000", "-1700000000"]:
            shim = os.path.join(folder, "clock.so")
            with open(os.path.join(folder, "clock.c"), "w") as file:
                file.write(CLOCK)
            compiler = next((name for name in ("clang", "cc", "gcc") if shutil.which(name)), None)
            if compiler is None:
                return score.skip("a jumping clock", "no C compiler")
            subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", shim, os.path.join(folder, "clock.c"), "-ldl"], check=True)

            def one(seconds=seconds):
                environment = {"LD_PRELOAD": shim, "LAB_CLOCK": seconds}
                code, _, error = run(["report", "x.csv", "-o", "pages" + seconds, "--stamp", "none", "--quiet"], folder, environment)
                if code not in DONE:
                    raise Broken(f"exit code {code}: {error.strip()[:200]}")
                outputs.append(tree(os.path.join(folder, "pages" + seconds)))
                if outputs[-1] != outputs[0]:
                    raise Broken("the report depends on the clock")
                return "the same bytes"

            score.attempt("a clock that jumps at every call", f"by up to {seconds} s", one)


CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *time) {
  static int (*original)(clockid_t, struct timespec *);
  if (!original) original = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int result = original(id, time);
  static int calls;
  const char *text = getenv("LAB_CLOCK");
  if (!result && text && calls++ % 2) time->tv_sec += atol(text);
  if (!result && time->tv_sec < 0) time->tv_sec = 0;
  return result;
}
"""


def rounds(score):
    for kilobytes in [16, 200, 1000, 3000, 8000]:
        place = f"{kilobytes} kB"
        if os.geteuid() != 0:
            score.skip("a full disk", "mounting needs root")
            break
        score.attempt("a full disk", place, lambda: full_disk(kilobytes) or "not allowed to mount")
    if os.geteuid() == 0:
        score.attempt("a read-only disk", "all commands", lambda: read_only() or "not allowed to mount")
    for size in [1000, 100_000, 4_000_000]:
        score.attempt("a limit on the size of files", f"{size} bytes", lambda: limited(resource.RLIMIT_FSIZE, size, {73, 74}))
    for count in [4, 5, 6, 8, 12]:
        score.attempt("too few descriptors", f"{count}", lambda: limited(resource.RLIMIT_NOFILE, count, {66, 70, 73, 74}))
    for megabytes in [64, 100, 200, 300, 400, 500, 600, 1000]:
        def starved():
            with Folder() as folder:
                prepared(folder)
                code, _, error = run(
                    ["report", "x.csv", "-o", "pages", "--quiet"], folder,
                    preexec=lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20)))
                if code in DONE:
                    return "done"
                if os.path.exists(os.path.join(folder, "pages/index.html")):
                    raise Broken("a report that looks complete")
                check_orderly(code, error)
                return "refused"
        score.attempt("too little address space", f"{megabytes} MB", starved)
    for megabytes in [20, 40, 80, 160, 240, 600]:
        score.attempt("too little memory in a control group", f"{megabytes} MB", lambda: memory_of_group(megabytes) or "no control groups here")
    for after in [0.01, 0.05, 0.1]:
        for name, change in [("vanishes", os.remove), ("is cut", cut), ("grows", grow)]:
            score.attempt("a file that changes while it is read", f"{name} after {after} s", lambda: changing(change, after))
    clocks(score)
