import LabCore
import LabPrices
import LabTable

/// The prices of a book by a table's own codes, found for a row in a few steps: no text, no look-up by name.
///
/// A price row in force for some time and size of input is a slot; rows of a model follow each other in time, so the slot
/// that served a model last mostly serves it again. A value of this type remembers it, so each thread uses its own copy.
struct PriceIndex: Sendable {
  /// The prices of one model and service tier between two instants and two sizes of input.
  struct Slot: Sendable {
    var from: Int64
    var end: Int64
    var leastInput: Int64
    var inputEnd: Int64
    var rates: CallRates
    /// Contracted price in units that cancel in shares: half femtodollars per token. NaN for a class without a price.
    var weights: SIMD8<Double>
  }

  private(set) var slots: ContiguousArray<Slot> = []
  /// Per entry (model × service tier) the first slot and the number of slots.
  private var entries: ContiguousArray<(first: Int32, count: Int32)> = []
  /// The slot of an entry that served last.
  private var latest: ContiguousArray<Int32> = []
  /// Per provider code × model code the number of the book's model, or -1.
  private var models: ContiguousArray<Int32> = []
  private let modelCount: Int
  /// Per service tier code its tier, or -1 for a word that is none.
  private var tiers: ContiguousArray<Int8>
  /// Per error code its outcome; what is none of the four known types is billed like a server error.
  private var outcomes: ContiguousArray<CallOutcome>
  private var billing: ContiguousArray<ErrorBilling> = []
  private var entryOfModel: ContiguousArray<Int32> = []

  /// Beyond it (providers × models of a damaged file) the table is left unpriced rather than filling memory.
  static let largestNameTable = 1 << 22

  /// An index that prices nothing.
  init() {
    modelCount = 0
    tiers = []
    outcomes = []
  }

  /// Nil when the table doesn't say which model a call used, or its names are too many.
  init?(_ book: PriceBook, _ calls: CallTable) {
    guard calls.has(.provider), calls.has(.model) else { return nil }
    let providers = calls.dictionary(.provider).texts
    let names = calls.dictionary(.model).texts
    let (size, overflow) = providers.count.multipliedReportingOverflow(by: names.count)
    guard !overflow, size <= Self.largestNameTable else { return nil }
    modelCount = names.count
    let tierTexts = calls.has(.serviceTier) ? calls.dictionary(.serviceTier).texts : [""]
    tiers = ContiguousArray(tierTexts.map { $0.isEmpty ? 0 : ServiceTier(name: $0).map { Int8($0.rawValue) } ?? -1 })
    let errorTexts = calls.has(.errorType) ? calls.dictionary(.errorType).texts : [""]
    outcomes = ContiguousArray(errorTexts.map { CallOutcome(errorName: $0) ?? .serverError })
    entryOfModel = ContiguousArray(repeating: -1, count: book.models.count)
    billing = ContiguousArray(book.models.map { book.terms(of: $0.provider).billErrors })
    models.reserveCapacity(size)
    for provider in providers {
      for name in names {
        let index = book.index(provider: provider, model: name)
        models.append(Int32(index ?? -1))
        if let index, entryOfModel[index] < 0 { append(book, model: index) }
      }
    }
    latest = ContiguousArray(entries.map(\.first))
  }

  private mutating func append(_ book: PriceBook, model: Int) {
    entryOfModel[model] = Int32(entries.count)
    let rows = book.models[model].rows
    for tier in ServiceTier.allCases {
      let first = slots.count
      for (index, row) in rows.enumerated() {
        let from = row.from?.microseconds ?? .min
        let next = index + 1 < rows.count ? rows[index + 1].from : nil
        let end = [row.to, next].compactMap { $0?.microseconds }.min() ?? .max
        guard from < end else { continue }
        var limits: [Int64] = [0]
        limits += row.tiered.isEmpty ? row.above.map(\.leastInput) : row.tiered.dropFirst().map { $0.from + 1 }
        for (level, least) in limits.enumerated() {
          guard let rates = book.rates(of: model, at: Instant(microseconds: from), tier: tier, input: least) else {
            continue
          }
          slots.append(
            Slot(
              from: from, end: end, leastInput: least, inputEnd: level + 1 < limits.count ? limits[level + 1] : .max,
              rates: rates, weights: Self.weights(rates)))
        }
      }
      entries.append((Int32(first), Int32(slots.count - first)))
    }
  }

  private static func weights(_ rates: CallRates) -> SIMD8<Double> {
    var weights = SIMD8<Double>(repeating: 0)
    for tokenClass in TokenClass.allCases {
      weights[Int(tokenClass.rawValue)] = rates.price(of: tokenClass).map { Double($0.halfFemtodollars) } ?? .nan
    }
    return weights
  }

  /// The number of the book's model for two codes, or nil.
  @inline(__always)
  func model(provider: UInt32, model: UInt32) -> Int? {
    let index = Int(provider) &* modelCount &+ Int(model)
    guard index < models.count, models[index] >= 0 else { return nil }
    return Int(models[index])
  }

  /// The number of the slot in ``slots`` that prices a call, or -1.
  @inline(__always)
  mutating func slot(model: Int, tierCode: UInt32, at microseconds: Int64, input: Int64) -> Int {
    let tier = Int(tierCode) < tiers.count ? Int(tiers[Int(tierCode)]) : 0
    guard tier >= 0 else { return -1 }
    let entry = Int(entryOfModel[model]) &+ tier
    let last = Int(latest[entry])
    if last < slots.count, holds(last, microseconds, input), last >= Int(entries[entry].first),
      last < Int(entries[entry].first &+ entries[entry].count)
    {
      return last
    }
    return search(entry, microseconds, input)
  }

  @inline(__always)
  private func holds(_ slot: Int, _ microseconds: Int64, _ input: Int64) -> Bool {
    microseconds >= slots[slot].from && microseconds < slots[slot].end && input >= slots[slot].leastInput
      && input < slots[slot].inputEnd
  }

  @inline(never)
  private mutating func search(_ entry: Int, _ microseconds: Int64, _ input: Int64) -> Int {
    let first = Int(entries[entry].first)
    for slot in first..<(first + Int(entries[entry].count)) where holds(slot, microseconds, input) {
      latest[entry] = Int32(slot)
      return slot
    }
    return -1
  }

  /// What of a call is billed, by the code of its error type.
  @inline(__always)
  func rule(model: Int, errorCode: UInt32) -> ErrorBilling.Rule {
    let outcome = Int(errorCode) < outcomes.count ? outcomes[Int(errorCode)] : .success
    return outcome == .success ? .full : billing[model][outcome]
  }
}
