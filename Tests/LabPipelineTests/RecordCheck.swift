import LabAnalysis
import LabCore
import LabJSON

@testable import LabPipeline

/// What must hold of any bytes that are read as one of the files that the lab keeps beside data: they are refused with a reason,
/// or what was read is sound and reads back the same. The fuzzer runs it too.
enum RecordCheck {
  /// What is wrong, in words.
  struct Violation: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  /// The kinds of files, by the letter that an input begins with.
  static let kinds = Array("tscr".utf8)

  /// Reads all but the first byte, which says as what: `t` truth, `s` subscriptions, `c` the cube of a kept run, `r` the record of
  /// a run.
  ///
  /// - Returns: whether it was read.
  static func run(_ content: [UInt8]) throws(Violation) -> Bool {
    guard let kind = content.first else { return false }
    let bytes = Array(content.dropFirst())
    switch kind {
    case kinds[0]: return try truth(bytes)
    case kinds[1]: return try subscriptions(bytes)
    case kinds[2]: return try cube(bytes)
    case kinds[3]: return RunRecord.summary(of: bytes, path: "x.run.json") != nil
    default: return false
    }
  }

  private static func truth(_ bytes: [UInt8]) throws(Violation) -> Bool {
    let truth: Truth
    do throws(LabFailure) { truth = try Truth.read(bytes, name: "x.truth.json") } catch {
      try refused(error)
      return false
    }
    for item in truth.items where item.end < item.start { throw Violation("\(item.id) ends before it starts") }
    return true
  }

  private static func subscriptions(_ bytes: [UInt8]) throws(Violation) -> Bool {
    let records = SmallCSV.records(bytes)
    var line = 0
    for record in records {
      guard record.line > line else { throw Violation("line \(record.line) follows line \(line)") }
      line = record.line
    }
    do throws(LabFailure) {
      let periods = try SubscriptionFile.read(bytes, name: "x.customers.csv")
      guard periods.count == max(0, records.count - 1) else {
        throw LabFailure(.internalError, code: "lost", "\(records.count) records, \(periods.count) periods")
      }
      return true
    } catch {
      try refused(error)
      return false
    }
  }

  private static func cube(_ bytes: [UInt8]) throws(Violation) -> Bool {
    guard let cube = RunCube(fileBytes: bytes) else { return false }
    let written = cube.fileBytes
    guard let again = RunCube(fileBytes: written), again.fileBytes == written else {
      throw Violation("a cube of \(cube.count) cells doesn't read back")
    }
    var sum = RunCube.Sums()
    for name in cube.names {
      sum = RunCube.Sums()
      for group in cube.totals(by: [name]) { sum += group.sums }
      guard sum == cube.overall else { throw Violation("the sums by \(name) don't tie out") }
    }
    return true
  }

  private static func refused(_ failure: LabFailure) throws(Violation) {
    guard failure.kind != .internalError, !failure.diagnostics.isEmpty,
      failure.diagnostics.allSatisfy({ !$0.sentence.isEmpty })
    else { throw Violation("a refusal without a reason: \(failure)") }
  }
}
