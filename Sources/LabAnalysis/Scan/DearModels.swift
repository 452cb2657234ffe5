import LabCore
import LabPrices
import LabTable

/// The dearest of the models that a table's calls used: what a thief takes first.
///
/// A model's price is that of three input tokens and one output token by its latest row, contracted; dear is what costs
/// at least half of the dearest. Without a price book, or when all models cost about the same, none is.
struct DearModels: Sendable {
  /// By provider code · models + model code; empty when none is dear.
  private let flags: ContiguousArray<Bool>
  private let modelCount: Int

  /// Of the dearest price; below, a model is another class.
  private static let share = 0.5
  /// Input tokens per output token of the blended price: about the mix of chat (1,020 to 129 at the median, with long answers
  /// reckoned in).
  private static let inputPerOutput = 3.0

  init(_ calls: CallTable, _ book: PriceBook?) {
    modelCount = calls.dictionary(.model).count
    guard let book, let index = PriceIndex(book, calls) else {
      flags = []
      return
    }
    var blended: [Double] = []
    for model in index.models {
      let latest = model < 0 ? nil : book.latestPricedInstant(of: Int(model))
      let rates = latest.flatMap { book.rates(of: Int(model), at: $0, tier: .standard, input: 0) }
      let input = rates?.contractedDollarsPerMillion(of: .input) ?? 0
      let output = rates?.contractedDollarsPerMillion(of: .output) ?? 0
      blended.append((Self.inputPerOutput * input + output) / (Self.inputPerOutput + 1))
    }
    let highest = blended.max() ?? 0
    let dear = blended.map { $0 > 0 && $0 >= Self.share * highest }
    let priced = blended.count { $0 > 0 }
    // Where every model is dear there is no jump to speak of.
    flags = dear.count { $0 } < priced ? ContiguousArray(dear) : []
  }

  var isEmpty: Bool { flags.isEmpty }

  /// Sets a bit of every row whose model is among them.
  func mark(
    _ providers: ContiguousArray<UInt32>, _ models: ContiguousArray<UInt32>, count: Int, _ bit: UInt32,
    in values: inout ContiguousArray<UInt32>
  ) {
    if flags.isEmpty { return }
    RowLoops.unite(bit, where: flags, providers, models, models: modelCount, count: count, with: &values)
  }
}
