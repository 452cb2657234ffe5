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
    /// The number of the book's model.
    var model: Int
    var tier: ServiceTier
    /// The fewest input tokens of a call that it holds for.
    var leastInput: Int64
    var rates: CallRates
    /// Contracted price in units that cancel in shares: half femtodollars per token. Zero for a class without a price.
    var weights = SIMD8<Double>(repeating: 0)
    /// 1 for a class that has a price.
    var isPriced = SIMD8<Int64>(repeating: 0)
    /// Whether every class has a price.
    var pricesAll = true
    /// What of the prices is paid after discount.
    var paid: Double

    init(model: Int, tier: ServiceTier, leastInput: Int64, rates: CallRates) {
      self.model = model
      self.tier = tier
      self.leastInput = leastInput
      self.rates = rates
      paid = Double(rates.paidPartsPerMillion) / 1e6
      for tokenClass in TokenClass.allCases {
        if let price = rates.price(of: tokenClass) {
          weights[Int(tokenClass.rawValue)] = Double(price.halfFemtodollars)
          isPriced[Int(tokenClass.rawValue)] = 1
        } else {
          pricesAll = false
        }
      }
    }
  }

  /// When, and for how many input tokens, a slot holds.
  struct Bounds: Sendable {
    var from: Int64
    var end: Int64
    var leastInput: Int64
    var inputEnd: Int64

    @inline(__always)
    func hold(_ microseconds: Int64, _ input: Int64) -> Bool {
      microseconds >= from && microseconds < end && input >= leastInput && input < inputEnd
    }
  }

  private(set) var slots: ContiguousArray<Slot> = []
  /// By slot, apart from the rest, since every row reads them.
  private(set) var bounds: ContiguousArray<Bounds> = []
  /// By slot its ``Slot/weights``, behind them what of the price is paid; apart from the rest for loops over rows. A class without
  /// a price has one that no cost can be: only calls without tokens of it can cost what the others do.
  private(set) var weights: ContiguousArray<SIMD8<Double>> = []
  /// Per entry (model × service tier) the first slot and the number of slots.
  private var entries: ContiguousArray<(first: Int32, count: Int32)> = []
  /// Per entry the first slot of its latest price row, or -1.
  private(set) var latestRows: ContiguousArray<Int32> = []
  /// The slot of an entry that served last, or -1.
  var latest: ContiguousArray<Int32> = []
  /// Per provider code × model code the number of the book's model, or -1.
  private(set) var models: ContiguousArray<Int32> = []
  /// The same for the model's first entry.
  private(set) var firstEntries: ContiguousArray<Int32> = []
  let modelCount: Int
  /// Per service tier code its tier, or -1 for a word that is none.
  private(set) var tiers: ContiguousArray<Int8>
  /// Per error code its outcome; what is none of the four known types is billed like a server error.
  private var outcomes: ContiguousArray<CallOutcome>
  /// Per error code whether a call is billed whole at every provider.
  private(set) var successes: ContiguousArray<Bool> = []
  private var billing: ContiguousArray<ErrorBilling> = []
  private var entryOfModel: ContiguousArray<Int32> = []

  /// Where ``weights`` hold what is paid.
  static let paidLane = 6
  private static let noPrice = 1e300

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
    firstEntries = ContiguousArray(models.map { $0 < 0 ? -1 : entryOfModel[Int($0)] })
    latest = ContiguousArray(entries.map { $0.count > 0 ? $0.first : -1 })
    successes = ContiguousArray(outcomes.map { $0 == .success })
  }

  private mutating func append(_ book: PriceBook, model: Int) {
    entryOfModel[model] = Int32(entries.count)
    let rows = book.models[model].rows
    for tier in ServiceTier.allCases {
      let first = slots.count
      var firstOfLatestRow: Int32 = -1
      for (index, row) in rows.enumerated() {
        let from = row.from?.microseconds ?? .min
        let next = index + 1 < rows.count ? rows[index + 1].from : nil
        let end = [row.to, next].compactMap { $0?.microseconds }.min() ?? .max
        guard from < end else { continue }
        firstOfLatestRow = Int32(slots.count)
        var limits: [Int64] = [0]
        limits += row.tiered.isEmpty ? row.above.map(\.leastInput) : row.tiered.dropFirst().map { $0.from + 1 }
        for (level, least) in limits.enumerated() {
          guard let rates = book.rates(of: model, at: Instant(microseconds: from), tier: tier, input: least) else {
            continue
          }
          let slot = Slot(model: model, tier: tier, leastInput: least, rates: rates)
          slots.append(slot)
          var weights = slot.weights.replacing(with: Self.noPrice, where: slot.isPriced .== 0)
          weights[Self.paidLane] = slot.paid
          self.weights.append(weights)
          bounds.append(
            Bounds(
              from: from, end: end, leastInput: least, inputEnd: level + 1 < limits.count ? limits[level + 1] : .max))
        }
      }
      entries.append((Int32(first), Int32(slots.count - first)))
      latestRows.append(slots.count > first ? firstOfLatestRow : -1)
    }
  }

  /// Looks through all slots of an entry for the one that holds, and gives its number, or -1.
  @inline(never)
  func search(_ entry: Int, _ microseconds: Int64, _ input: Int64) -> Int32 {
    let first = entries[entry].first
    for slot in first..<(first + entries[entry].count) where bounds[Int(slot)].hold(microseconds, input) {
      return slot
    }
    return -1
  }

  /// The slot of the latest price row of a pair of provider and model (provider code · ``modelCount`` + model code) in a
  /// tier, by the size of the input; -1 where the book has none.
  @inline(__always)
  func latestSlot(pair: Int, tierCode: Int, input: Int64) -> Int32 {
    let tier = tierCode < tiers.count ? tiers[tierCode] : 0
    guard pair < firstEntries.count, firstEntries[pair] >= 0, tier >= 0 else { return -1 }
    var slot = latestRows[Int(firstEntries[pair]) &+ Int(tier)]
    if slot < 0 { return -1 }
    while bounds[Int(slot)].inputEnd <= input, bounds[Int(slot)].inputEnd != .max { slot &+= 1 }
    return slot
  }

  /// The slot that prices one call by its codes, or -1; for single calls, where a block's loop would be too much.
  func slot(provider: UInt32, model: UInt32, tierCode: UInt32, time: Int64, input: Int64) -> Int {
    let pair = Int(provider) &* modelCount &+ Int(model)
    let tier = Int(tierCode) < tiers.count ? tiers[Int(tierCode)] : 0
    guard pair < firstEntries.count, firstEntries[pair] >= 0, tier >= 0 else { return -1 }
    return Int(search(Int(firstEntries[pair]) + Int(tier), time, input))
  }

  /// By slot the one that prices the same calls at another time, or -1 where none does; ``unsettled`` where that depends on the
  /// size of the input.
  func slots(at instant: Int64) -> ContiguousArray<Int32> {
    var found = ContiguousArray<Int32>(repeating: -1, count: slots.count)
    for entry in entries.indices {
      for slot in Int(entries[entry].first)..<Int(entries[entry].first + entries[entry].count) {
        let least = search(entry, instant, bounds[slot].leastInput)
        let most = search(entry, instant, bounds[slot].inputEnd - 1)
        found[slot] = least == most ? least : Self.unsettled
      }
    }
    return found
  }

  static let unsettled: Int32 = -2

  /// What of a call with an outcome is billed.
  func rule(model: Int, outcome: CallOutcome) -> ErrorBilling.Rule {
    outcome == .success ? .full : billing[model][outcome]
  }

  /// The outcome that the code of an error type stands for.
  func outcome(errorCode: UInt32) -> CallOutcome {
    Int(errorCode) < outcomes.count ? outcomes[Int(errorCode)] : .success
  }

  /// Whether every provider bills a call of this error code whole.
  @inline(__always)
  func isBilledWhole(errorCode: UInt32) -> Bool {
    Int(errorCode) >= successes.count || successes[Int(errorCode)]
  }

  /// What of a call is billed, by the code of its error type.
  func rule(model: Int, errorCode: UInt32) -> ErrorBilling.Rule {
    let outcome = Int(errorCode) < outcomes.count ? outcomes[Int(errorCode)] : .success
    return outcome == .success ? .full : billing[model][outcome]
  }
}
