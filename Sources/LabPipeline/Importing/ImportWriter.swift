import LabCore
import LabFiles
import LabPrices
import LabTable

/// Prices imported calls and writes them as usage rows, in time order, in batches.
struct ImportWriter {
  private static let batchBytes = 4 << 20

  private let prices: PriceBook
  private let source: String
  private var encoder: UsageRowEncoder
  private let buffer = UsageBuffer()
  private let target: OutputTarget
  private var models: [UInt64: Int?] = [:]
  private(set) var outcome: ImportOutcome
  private var total: Int128 = 0
  private var unpricedModels: Set<String> = []

  init(_ request: ImportRequest, columns: Set<UsageColumn>, prices: PriceBook) throws(LabFailure) {
    self.prices = prices
    source = request.path
    // Columns that can be computed are there whenever their parts are.
    var columns = columns
    if columns.contains(.inputTokens), columns.contains(.outputTokens) {
      columns.insert(.totalTokens)
      if columns.contains(.provider), columns.contains(.model) { columns.insert(.cost) }
    }
    encoder = UsageRowEncoder(columns: UsageColumn.allCases.filter { columns.contains($0) })
    do throws(FileError) { target = try OutputTarget(request.output) } catch { throw error.failure }
    outcome = ImportOutcome(
      format: request.format, output: request.output, rows: 0, bytes: 0, rejects: [], inputTokens: 0,
      uncachedInputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 0, cost: nil, unpricedCalls: 0,
      unpricedTokens: 0, pricesName: prices.name, unpricedModels: [])
    buffer.append(encoder.header)
  }

  /// Writes one call; its cost is computed unless it is known.
  mutating func write(_ row: UsageRow, pool: UsageFieldPool) throws(LabFailure) {
    var row = row
    func known(_ number: Int64) -> Int64 { number == UsageRow.unknown ? 0 : number }
    let written = known(row.cacheWriteTokens) + known(row.cacheWrite1hTokens)
    let input = known(row.inputTokens)
    outcome.inputTokens += Int128(input)
    outcome.cachedInputTokens += Int128(known(row.cachedInputTokens))
    outcome.cacheWriteTokens += Int128(written)
    outcome.uncachedInputTokens += Int128(input - known(row.cachedInputTokens) - written)
    outcome.outputTokens += Int128(known(row.outputTokens))
    if row.cost.nanodollars == UsageRow.unknown { row.cost = cost(of: row, pool: pool) ?? row.cost }
    if row.cost.nanodollars == UsageRow.unknown {
      outcome.unpricedCalls += 1
      outcome.unpricedTokens += Int128(input) + Int128(known(row.outputTokens))
      if unpricedModels.count < 5 {
        unpricedModels.insert("\(pool.text(of: row.provider)) \(pool.text(of: row.model))")
      }
    } else {
      total += Int128(row.cost.nanodollars)
    }
    encoder.append(row, pool: pool, to: buffer)
    outcome.rows += 1
    if buffer.count >= Self.batchBytes { try flush() }
  }

  private mutating func cost(of row: UsageRow, pool: UsageFieldPool) -> Money? {
    let key = UInt64(row.provider.rawValue) << 32 | UInt64(row.model.rawValue)
    let model: Int?
    if let found = models[key] {
      model = found
    } else {
      model = prices.index(provider: pool.text(of: row.provider), model: pool.text(of: row.model))
      models[key] = .some(model)
    }
    guard let model, row.timestamp.microseconds != UsageRow.unknown, row.inputTokens != UsageRow.unknown,
      row.outputTokens != UsageRow.unknown
    else { return nil }
    func known(_ number: Int64) -> Int64 { number == UsageRow.unknown ? 0 : number }
    let usage = TokenUsage(
      input: row.inputTokens, cachedInput: known(row.cachedInputTokens), cacheWrite: known(row.cacheWriteTokens),
      cacheWrite1h: known(row.cacheWrite1hTokens), output: row.outputTokens, reasoning: known(row.reasoningTokens))
    let tier = ServiceTier(name: pool.text(of: row.serviceTier)) ?? .standard
    let outcome = CallOutcome(errorName: pool.text(of: row.errorType)) ?? .success
    return prices.cost(of: usage, model: model, at: row.timestamp, tier: tier, outcome: outcome)
  }

  private mutating func flush() throws(LabFailure) {
    do throws(FileError) { try target.write(buffer.span) } catch { throw error.failure }
    outcome.bytes += Int64(buffer.count)
    buffer.removeAll()
  }

  /// Writes what is left and gives the file its name.
  ///
  /// - Throws: ``LabFailure`` `invalidInput` when the costs sum to more than `Money` holds.
  mutating func finish(rejects: [(reason: String, count: Int, firstLines: [Int])]) throws(LabFailure) -> ImportOutcome {
    if outcome.rows == 0, let first = rejects.first {
      // Nothing takes the output's name then.
      let count = rejects.reduce(0) { $0 + $1.count }
      throw LabFailure(
        .invalidInput, code: "all_rejected",
        "\(count == 1 ? "the only row" : "all \(count) rows") of '\(source)' \(count == 1 ? "was" : "were") rejected",
        help: "\(first.reason) (line \(first.firstLines.first ?? 0))")
    }
    try flush()
    do throws(FileError) { try target.finish() } catch { throw error.failure }
    guard let cost = Money(exactly: total) else {
      throw LabFailure(.invalidInput, code: "sum_out_of_range", "the costs sum to more than nine billion dollars")
    }
    // Calls that nothing prices cost something unknown, not nothing.
    outcome.cost = outcome.rows > 0 && outcome.unpricedCalls == outcome.rows ? nil : cost
    outcome.rejects = rejects
    outcome.unpricedModels = unpricedModels.sorted()
    return outcome
  }
}

/// A file that takes its name when it is whole, or a pipe or device that is written as it comes.
final class OutputTarget {
  private let handle: FileHandle
  private let path: String
  private let isDirect: Bool
  private var isFinished = false

  init(_ path: String) throws(FileError) {
    self.path = path == "-" ? "/dev/stdout" : path
    isDirect = UsageFilePaths(data: self.path).isDirect
    if isDirect {
      handle = try FileHandle.creating(self.path, anyKind: true)
    } else {
      if let status = FileHandle.status(of: path), status.isFolder {
        throw FileError(.create, path, number: 21, obstacle: .folder)
      }
      try FileSystem.createFolder(Path.folder(of: path))
      handle = try FileHandle.creating(path + ".part")
    }
  }

  deinit { if !isFinished, !isDirect { try? FileSystem.remove(path + ".part") } }

  func write(_ bytes: Span<UInt8>) throws(FileError) { try handle.write(bytes) }

  func finish() throws(FileError) {
    isFinished = true
    if !isDirect { try FileSystem.rename(path + ".part", to: path) }
  }
}
