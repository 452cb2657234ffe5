"""Times whole commands: wall and CPU seconds and the largest resident memory, every sample kept."""
import os, subprocess, tempfile, time


class Failed(Exception):
    pass


def finish(command, cwd, stdin=None):
    """One run of a command however it ends: its exit code, (wall seconds, CPU seconds, megabytes), and the texts of its outputs."""
    # The kernel counts this process's own memory before the command takes its place: less than 15 MB or so can't be told, and
    # nothing large may be kept here.
    # Errors go to a file: a pipe that nobody reads before the output ends would stop a command that has much to say.
    with tempfile.TemporaryFile() as errors:
        start = time.monotonic()
        process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=errors, stdin=stdin)
        output = process.stdout.read()
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        error = errors.read()
    figures = (wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)
    return process.returncode, figures, output.decode(errors="replace"), error.decode(errors="replace")


def sample(command, cwd, stdin=None):
    """One run of a command that must succeed: (wall seconds, CPU seconds, megabytes, what it printed)."""
    code, figures, output, error = finish(command, cwd, stdin)
    # 99: a threshold of the scenario failed, and everything is written.
    if code not in (0, 99):
        raise Failed(f"{' '.join(command)} ended with {code}: {error[-400:]}")
    return *figures, output


class Table:
    """Rows of a comparison, printed as they come and kept with all samples."""

    def __init__(self, root):
        self.root = root
        self.rows = []
        self.verdicts = []

    def measure(self, name, command, runs=3, size=None, rows=None, quiet=False):
        """The least wall and CPU seconds of several runs, the largest memory."""
        samples = [sample(command, self.root)[:3] for _ in range(runs)]
        return self.add(name, samples, size, rows, quiet)

    def add(self, name, samples, size=None, rows=None, quiet=False):
        row = {
            "name": name, "wall": min(s[0] for s in samples), "cpu": min(s[1] for s in samples),
            "megabytes": max(s[2] for s in samples), "bytes": size, "rows": rows, "samples": samples}
        self.rows.append(row)
        if not quiet:
            rate = f"{rows / row['wall'] / 1e6:6.2f}M rows/s" if rows else ""
            speed = f"{size / row['wall'] / 1e9:6.2f} GB/s" if size else ""
            print(f"{name:46} {row['wall']:8.3f} s {row['cpu']:8.3f} s CPU {row['megabytes']:7.0f} MB {rate:16} {speed}", flush=True)
        return row

    def judge(self, sentence, measured, limit, met):
        """Says whether a budget is kept."""
        self.verdicts.append({"budget": sentence, "measured": measured, "limit": limit, "met": bool(met)})

    def print_verdicts(self):
        print()
        for verdict in self.verdicts:
            print(f"{'met    ' if verdict['met'] else 'NOT MET'}  {verdict['budget']}: {verdict['measured']} ({verdict['limit']})")
        return all(verdict["met"] for verdict in self.verdicts)
