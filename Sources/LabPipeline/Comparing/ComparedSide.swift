import LabCore
import LabFiles
import LabPrices
import LabScenario
import LabTable

/// One of the two things that are compared: a kept run, or a data file with its analysis.
public struct ComparedSide: Sendable {
  /// What a person calls it.
  public var name: String
  /// The scenario that it is a run of; nil for a file that tells none.
  public var scenarioName: String?
  public var figures: [KeptRun.Figure]
  public var cube: RunCube?
  public var prices: PriceBook?
  public var seeds: SeedFigures?
  /// Whether its figures are those of a part of the run.
  public var isPartial: Bool

  public init(_ run: KeptRun) {
    name = run.title
    scenarioName = run.scenarioName
    figures = run.figures
    cube = run.cube
    prices = run.prices
    seeds = run.seeds
    isPartial = run.isPartial
  }

  /// Loaded data with all its analyses.
  ///
  /// - Throws: ``LabFailure``: `cancelled`.
  public init(_ data: LoadedData, in environment: LabEnvironment) throws(LabFailure) {
    name = data.facts.path + (data.changes.isEmpty ? "" : " with \(data.changes.joined(separator: ", "))")
    scenarioName = data.scenario?.scenario.name
    figures = KeptRun.Figure.all(of: try environment.analyse(data))
    cube = try RunCube(
      of: data.table, where: data.selection,
      ScanContext(width: environment.threads, cancellation: environment.cancellation))
    prices = data.prices
    seeds = nil
    isPartial = false
  }
}

extension LabEnvironment {
  /// What a person names: `@` and its like, a run's number or folder, `baseline`, or a usage CSV.
  ///
  /// - Parameter memory: runs that are in memory alone, the last at the end; they are what `@` means outside a project.
  public func comparedSide(_ text: String, memory: [KeptRun] = []) throws(LabFailure) -> ComparedSide {
    if let back = RunArchive.stepsBack(text), runs == nil {
      guard back < memory.count else {
        throw LabFailure(
          .notFound, code: "no_run",
          memory.isEmpty ? "no run is kept" : "there were fewer runs in this session",
          help: "runs are kept in a project: a folder with scenarios/; 'finops-lab init' makes one")
      }
      return ComparedSide(memory[memory.count - 1 - back])
    }
    if let run = try runs?.find(text) { return ComparedSide(run) }
    if FileHandle.status(of: text)?.isFolder == true {
      guard let run = KeptRunFiles.read(from: text, number: 0) else {
        throw LabFailure(.invalidInput, code: "no_run_folder", "the folder '\(text)' holds no kept run")
      }
      var side = ComparedSide(run)
      side.name = text
      return side
    }
    return try ComparedSide(try load(DataRequest(path: text)), in: self)
  }
}
