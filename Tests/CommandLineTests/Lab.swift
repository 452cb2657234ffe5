import LabTestSupport
import Testing

/// Runs the built program as a person would, without a terminal.
struct Lab {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("lab") }

  /// Variables that a test may not inherit from whoever runs it.
  static let environment = ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8"]

  func run(
    _ arguments: String..., input: [UInt8]? = nil, environment: [String: String] = Lab.environment,
    timeout: Double = 120
  ) throws -> ProcessRun {
    try ProcessRun.run(
      PackageRoot.builtProduct("finops-lab"), arguments, environment: environment, workingDirectory: folder.path,
      input: input, timeout: timeout)
  }

  /// Starts the program without waiting for its end.
  func start(_ arguments: String...) throws -> RunningProcess {
    try RunningProcess(
      PackageRoot.builtProduct("finops-lab"), arguments, environment: Lab.environment, workingDirectory: folder.path)
  }

  /// A scenario of a few thousand calls.
  @discardableResult func writeScenario(_ name: String = "small.json", adding text: String = "") throws -> String {
    try folder.write(
      """
      {
        "format": "finops-lab/scenario/1",
        "description": "A small business for tests",
        "duration": "2d",
        "population": { "customers": 40, "organizations": 5 },
        "traffic": { "calls_per_hour": 60, "patterns": [ { "pattern": "timezone" } ] },
        "output": { "data": "data/small.csv" }\(text.isEmpty ? "" : ",\n  " + text)
      }
      """, to: name)
    return name
  }
}

/// Whether a run left no trace of a crash and only ended as it should.
func expectExit(
  _ run: ProcessRun, _ code: Int32, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(
    run.exitCode == code, "exit \(run.end), output: \(run.output), errors: \(run.errors)",
    sourceLocation: sourceLocation)
  #expect(!run.errors.contains("Fatal error"), "\(run.errors)", sourceLocation: sourceLocation)
}
