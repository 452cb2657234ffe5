import LabCore
import LabTable

/// The pairs of provider and model that occur, numbered in the order of their codes, so that tables by model have no room
/// for the many pairs that no call has.
struct ModelPairs: Sendable {
  /// Per provider code × model code the number of the pair, 0 for one that doesn't occur; empty when the names are too many.
  let numbers: ContiguousArray<UInt32>
  /// Provider and model codes by number.
  let codes: [(provider: Int, model: Int)]
  /// How many model codes there are, at least one.
  let models: Int

  /// Whether the names are too many to number their pairs.
  var isEmpty: Bool { codes.isEmpty }
  var count: Int { codes.count }

  /// The pairs of a context's calls, found at most once. A column that the file lacks has the code 0.
  static func of(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> ModelPairs {
    try context.shared.value("model_pairs") { () throws(AnalysisError) in try ModelPairs(calls, context) }
  }

  private init(_ calls: CallTable, _ context: AnalysisContext) throws(AnalysisError) {
    let providers = max(1, calls.dictionary(.provider).count)
    let models = max(1, calls.dictionary(.model).count)
    self.models = models
    let (size, overflow) = providers.multipliedReportingOverflow(by: models)
    guard !overflow, size <= PriceIndex.largestNameTable else {
      (numbers, codes) = ([], [])
      return
    }
    var seen = ContiguousArray<Bool>(repeating: true, count: size)
    if providers > 1, models > 1 {
      seen = try context.scanning { () throws(LabFailure) in
        try calls.fold(
          reading: [.provider, .model], where: context.selection, context.scan,
          from: { ContiguousArray<Bool>(repeating: false, count: size) }
        ) { seen, block in
          RowLoops.markPairs(
            block.codes(.provider), block.codes(.model), models: models, count: block.count, in: &seen)
        } merge: { seen, other in
          for index in seen.indices where other[index] { seen[index] = true }
        }
      }
    }
    var numbers = ContiguousArray<UInt32>(repeating: 0, count: size)
    var codes: [(provider: Int, model: Int)] = []
    for index in 0..<size where seen[index] {
      numbers[index] = UInt32(codes.count)
      codes.append((index / models, index % models))
    }
    (self.numbers, self.codes) = (numbers, codes)
  }
}
