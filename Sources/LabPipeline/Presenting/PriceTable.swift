import LabCore
import LabPrices
import LabReport

/// The prices of a book as a table.
package enum PriceTable {
  /// - Parameters:
  ///   - provider: only this one; nil for all.
  ///   - moment: when the prices shall be in force; nil for the latest.
  /// - Throws: ``LabFailure`` of kind `notFound` for a provider that the book lacks.
  package static func table(
    _ book: PriceBook, provider: String? = nil, at moment: Instant? = nil
  ) throws(LabFailure) -> ReportTable {
    if let provider, !book.providerIDs.contains(provider) {
      throw LabFailure(
        .notFound, code: "no_provider", "the book has no provider '\(provider)'",
        help: Suggestion.help(for: provider, among: book.providerIDs)
          ?? "providers: \(book.providerIDs.joined(separator: ", "))")
    }
    let indexes = book.models.indices.filter { provider == nil || book.models[$0].provider == provider }
    let rows = indexes.map { Self.row(book, $0, at: moment) }
    let title = book.name.hasPrefix("shipped:") ? "the shipped book \(book.name.dropFirst(8))" : book.name
    return ReportTable(
      id: "prices", title: "Prices of \(title), USD per 1M tokens" + (book.asOf.map { ", as of \($0)" } ?? ""),
      columns: Self.columns, rows: rows)
  }

  private static let columns: [ReportTable.Column] = [
    .key("provider", "Provider"), .key("model", "Model"), .note("class", "Class", priority: 3),
    .init("context_tokens", "Context", priority: 4), .init("input", "Input"),
    .init("cached_input", "Cached", priority: 2),
    .init("cache_write", "Write", priority: 3), .init("output", "Output"),
    .init("batch_input", "Batch in", priority: 5),
    .init("batch_output", "Batch out", priority: 5),
  ]

  private static func row(_ book: PriceBook, _ index: Int, at moment: Instant?) -> [Cell] {
    let model = book.models[index]
    let instant = moment ?? book.latestPricedInstant(of: index) ?? Instant(microseconds: 0)
    func price(_ tokenClass: TokenClass, _ tier: ServiceTier) -> Cell {
      guard tier == .standard || book.lists(tier, of: index, at: instant),
        let price = book.rates(of: index, at: instant, tier: tier, input: 0)?.price(of: tokenClass)
      else { return .empty }
      return .text(price.perMillionText)
    }
    return [
      .text(model.provider), .text(model.model), .text(model.modelClass ?? ""),
      model.contextTokens.map { .count($0) } ?? .empty, price(.input, .standard), price(.cachedInput, .standard),
      price(.cacheWrite, .standard), price(.output, .standard), price(.input, .batch), price(.output, .batch),
    ]
  }
}
