import Testing

/// DuckDB from the Python package index, in a virtual environment beside the build: what figures are checked with by SQL.
///
/// Tests that need it carry `.enabled(if: DuckDB.python != nil, DuckDB.absence)`.
public enum DuckDB {
  /// The interpreter that has DuckDB; nil with a sentence when there is none.
  public static let python: String? = {
    let folder = PackageRoot.file(".build/duckdb-venv")
    let python = folder + "/bin/python"
    let check = ["-c", "import duckdb"]
    if (try? ProcessRun.run(python, check))?.exitCode == 0 { return python }
    for (program, arguments) in [
      ("/usr/bin/env", ["python3", "-m", "venv", folder]),
      (python, ["-m", "pip", "install", "--quiet", "duckdb"]),
    ] {
      guard let run = try? ProcessRun.run(program, arguments, timeout: 180), run.exitCode == 0 else {
        print(
          "skipped: DuckDB can't be installed from the Python package index, so figures are not checked against SQL")
        return nil
      }
    }
    return (try? ProcessRun.run(python, check))?.exitCode == 0 ? python : nil
  }()

  public static let absence: Comment = "skipped: DuckDB can't be installed from the Python package index"
}
