import LabCore
import LabPrices

/// What must hold of any bytes that are imported as a price map: every entry is accounted for, the book reads back the same
/// after it was written, and calls of all sizes can be priced or not, without a trap. The fuzzer runs it too.
enum PriceMapCheck {
  /// What is wrong, in words.
  struct Violation: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  /// Imports `content`.
  ///
  /// - Returns: whether it is a price map.
  static func run(_ content: [UInt8]) throws(Violation) -> Bool {
    let book: PriceBook
    let report: PriceMapImport.Report
    do throws(LabFailure) {
      (book, report) = try PriceMapImport.read(bytes: content, name: "map.json")
    } catch {
      guard error.kind == .invalidInput, !error.diagnostics.isEmpty,
        error.diagnostics.allSatisfy({ $0.location != nil && !$0.sentence.isEmpty })
      else { throw Violation("a refusal without a reason or a place: \(error)") }
      return false
    }
    try check(report, book)
    try checkWriting(book)
    try checkNames(book)
    checkCosts(book)
    return true
  }

  private static func check(_ report: PriceMapImport.Report, _ book: PriceBook) throws(Violation) {
    guard report.imported == book.models.count, report.imported > 0,
      report.entries == report.imported + report.merged + report.notImported + report.documentation.count
    else { throw Violation("entries are not accounted for: \(report)") }
    guard report.problems.allSatisfy({ $0.location?.line != nil && !$0.sentence.isEmpty }) else {
      throw Violation("a problem without a place: \(report.problems)")
    }
    guard report.leftOut.allSatisfy({ $0.models > 0 && $0.keys >= $0.models }) else {
      throw Violation("keys that were left out are miscounted: \(report.leftOut)")
    }
  }

  private static func checkWriting(_ book: PriceBook) throws(Violation) {
    let written = book.written()
    do throws(LabFailure) {
      let again = try PriceBook.read(bytes: written, name: "book.json")
      guard again.models == book.models else {
        throw LabFailure(.invalidInput, code: "changed", "\(again.models) against \(book.models)")
      }
      guard again.written() == written else {
        throw LabFailure(.invalidInput, code: "changed", "written anew it differs")
      }
    } catch { throw Violation("the written book: \(error) \(String(decoding: written, as: UTF8.self))") }
  }

  private static func checkNames(_ book: PriceBook) throws(Violation) {
    for (index, model) in book.models.enumerated() {
      for name in [model.model] + model.aliases where book.index(provider: model.provider, model: name) != index {
        throw Violation("\(model.provider)/\(name) is not model \(index)")
      }
    }
  }

  /// Figures that are small, usual, at the limits of levels, and as large as they can be.
  private static func checkCosts(_ book: PriceBook) {
    let instant = Instant(microseconds: 1_767_571_200_000_000)
    for model in book.models.indices.prefix(20) {
      for input: Int64 in [0, 1, 200_000, 200_001, 1_000_000_000_000, .max] {
        for tier in ServiceTier.allCases {
          let usage = TokenUsage(input: input, cachedInput: input / 2, cacheWrite: input / 4, output: input)
          let cost = book.cost(of: usage, model: model, at: instant, tier: tier, outcome: .success)
          precondition(cost.map { $0 >= .zero } ?? true, "a negative cost")
        }
      }
    }
  }
}
