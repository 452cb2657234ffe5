import LabAnalysis
import LabCore
import LabFiles

/// Reads the subscription periods beside a data file, `X.customers.csv`.
enum SubscriptionFile {
  /// The columns that a period needs, by name, in any order.
  private static let columns = [
    "customer_id", "organization_id", "customer_archetype", "subscription_tier", "tier_price_usd", "region",
    "valid_from",
    "valid_to", "signed_up",
  ]

  /// The periods, or nil when there is no such file.
  ///
  /// - Throws: ``LabFailure`` of kind `invalidInput` with the first problem of a file that can't be used.
  static func beside(_ data: String) throws(LabFailure) -> [SubscriptionPeriod]? {
    let path = UsageFilePaths(data: data).customers
    guard FileSystem.exists(path) else { return nil }
    let bytes: [UInt8]
    do throws(FileError) { bytes = try FileSystem.read(path) } catch { throw error.failure }
    return try read(bytes, name: path)
  }

  static func read(_ bytes: [UInt8], name: String) throws(LabFailure) -> [SubscriptionPeriod] {
    let records = SmallCSV.records(bytes)
    guard let header = records.first else { return [] }
    var positions: [Int] = []
    for column in columns {
      guard let position = header.fields.firstIndex(of: column) else {
        throw LabFailure(
          .invalidInput, code: "missing_column", "column '\(column)' is missing",
          at: SourceLocation(file: name, line: header.line))
      }
      positions.append(position)
    }
    var periods: [SubscriptionPeriod] = []
    periods.reserveCapacity(records.count)
    for record in records.dropFirst() {
      func bad(_ what: String) -> LabFailure {
        LabFailure(.invalidInput, code: "bad_subscription", what, at: SourceLocation(file: name, line: record.line))
      }
      guard record.fields.count == header.fields.count else {
        throw bad("the row has another number of fields than the header")
      }
      let fields = positions.map { record.fields[$0] }
      guard let price = ExactDecimal(fields[4]).flatMap({ Money(dollars: $0) }) else {
        throw bad("'\(fields[4])' is no price in USD")
      }
      guard let from = Instant(fields[6]), let to = Instant(fields[7]), let signedUp = Instant(fields[8]) else {
        throw bad("a period has a time that is none")
      }
      periods.append(
        SubscriptionPeriod(
          customer: fields[0], organization: fields[1], archetype: fields[2], tier: fields[3], monthlyPrice: price,
          homeRegion: fields[5], validFrom: from, validTo: to, signedUp: signedUp))
    }
    return periods
  }
}
