import Foundation
import Testing

/// The inputs that a fuzzer starts from, and those that it once found, which ordinary tests replay.
public enum FuzzingCorpus {
  /// Runs a check over all inputs of a target of Tests/Fuzzing, in the order of their names. What it throws is recorded with the
  /// input's name.
  ///
  /// - Parameters:
  ///   - least: fewer inputs than this are an error, since files may be missing.
  ///   - check: given the name and the bytes; what it counts is added up.
  /// - Returns: the sum of what was counted.
  public static func replay(_ target: String, least: Int, _ check: (String, [UInt8]) throws -> Int) throws -> Int {
    let folder = "Tests/Fuzzing/corpus/" + target
    let names = try FileManager.default.contentsOfDirectory(atPath: PackageRoot.file(folder)).sorted()
    #expect(names.count >= least)
    var sum = 0
    for name in names {
      let bytes = try PackageRoot.bytes(of: folder + "/" + name)
      do { sum += try check(name, bytes) } catch { Issue.record("\(name): \(error)") }
    }
    return sum
  }
}
