import LabCore

/// What can be wrong with a price book that is well-formed JSON, as facts.
enum PriceBookProblem: Hashable, Sendable {
  case priceMap
  case unknownFormat(String)
  case unknownCurrency(String)
  case noModels
  case emptyName(String)
  case duplicateModel(String, provider: String)
  case takenAlias(String, provider: String, by: String)
  case noRows
  case badDate(String)
  case badInstant(String)
  case endsBeforeStart
  case rowWithoutStart
  case rowsOutOfOrder
  case rowsOverlap
  case badPer
  case negativePrice(String)
  case priceTooHigh(String)
  case missingPrice(TokenClass)
  case badTokenCount(String)
  case limitsOutOfOrder
  case emptyAboveRow
  case aboveAndTiered
  case badRange
  case rangesNotJoined
  case rangeAfterOpenEnd
  case percentOutOfRange(String)
  case percentTooFine(String)
  case unknownProvider(String, known: [String])
  case duplicateProvider(String)
  case unknownBillingRule(String)
  case unknownScope(String, known: [String])
  case ambiguousScope(String, providers: [String])
  case badRatio(String)
  case badTerm(String)
  case badAmount(String)
  case volumeTiersOutOfOrder(provider: String)
}

extension PriceBookProblem: DiagnosticFact {
  var code: String {
    switch self {
    case .priceMap: "price_map"
    case .unknownFormat: "unknown_format"
    case .unknownCurrency: "unknown_currency"
    case .noModels: "no_models"
    case .emptyName: "empty_name"
    case .duplicateModel: "duplicate_model"
    case .takenAlias: "duplicate_alias"
    case .noRows: "no_price_rows"
    case .badDate: "bad_date"
    case .badInstant: "bad_instant"
    case .endsBeforeStart: "row_ends_before_start"
    case .rowWithoutStart: "row_without_start"
    case .rowsOutOfOrder: "rows_out_of_order"
    case .rowsOverlap: "rows_overlap"
    case .badPer: "bad_per"
    case .negativePrice: "negative_price"
    case .priceTooHigh: "price_too_high"
    case .missingPrice: "missing_price"
    case .badTokenCount: "bad_token_count"
    case .limitsOutOfOrder: "limits_out_of_order"
    case .emptyAboveRow: "empty_above_row"
    case .aboveAndTiered: "above_and_tiered"
    case .badRange: "bad_range"
    case .rangesNotJoined: "ranges_not_joined"
    case .rangeAfterOpenEnd: "range_after_open_end"
    case .percentOutOfRange: "percent_out_of_range"
    case .percentTooFine: "percent_too_fine"
    case .unknownProvider: "unknown_provider"
    case .duplicateProvider: "duplicate_provider"
    case .unknownBillingRule: "unknown_billing_rule"
    case .unknownScope: "unknown_scope"
    case .ambiguousScope: "ambiguous_scope"
    case .badRatio: "bad_ratio"
    case .badTerm: "bad_term"
    case .badAmount: "bad_amount"
    case .volumeTiersOutOfOrder: "volume_tiers_out_of_order"
    }
  }

  var sentence: String {
    switch self {
    case .priceMap: "this is a price map, not a price book"
    case .unknownFormat(let found): "this is no price book: 'format' is \(found)"
    case .unknownCurrency(let found): "prices must be in USD, found \(found)"
    case .noModels: "the price book has no models"
    case .emptyName(let key): "'\(key)' must not be empty"
    case .duplicateModel(let model, let provider):
      "model '\(model)' of provider '\(provider)' stands here a second time"
    case .takenAlias(let alias, let provider, let owner):
      "alias '\(alias)' is already a name of model '\(owner)' of provider '\(provider)'"
    case .noRows: "a model needs at least one price row"
    case .badDate(let text): "'\(text)' is no date"
    case .badInstant(let text): "'\(text)' is no date or time"
    case .endsBeforeStart: "'to' must be later than 'from'"
    case .rowWithoutStart: "every row after the first needs 'from'"
    case .rowsOutOfOrder: "'from' must be later than that of the row before"
    case .rowsOverlap: "the row begins before the row before it ends"
    case .badPer: "'per' must be a whole number of tokens from 1 to 1000000000"
    case .negativePrice(let text): "a price must be 0 or more, found \(text)"
    case .priceTooHigh(let text): "\(text) is more than 1000 USD per token"
    case .missingPrice(let tokenClass): "the row has no price for '\(tokenClass.name)', and nothing stands in for it"
    case .badTokenCount(let text): "expected a number of tokens from 1 to 1000000000000, found \(text)"
    case .limitsOutOfOrder: "'above' rows must have rising 'input_tokens'"
    case .emptyAboveRow: "the row states no price, so nothing changes above its limit"
    case .aboveAndTiered: "a price row has 'above' or 'tiered', not both"
    case .badRange: "'range' must be two whole numbers of tokens, the first smaller; null as the second leaves it open"
    case .rangesNotJoined: "'tiered' ranges must start at 0, and each where the one before it ends"
    case .rangeAfterOpenEnd: "no range can follow one without an end"
    case .percentOutOfRange(let text): "a percentage must be from 0 to 100, found \(text)"
    case .percentTooFine(let text): "a percentage may have at most four decimal places, found \(text)"
    case .unknownProvider(let id, _): "no model of the book has provider '\(id)'"
    case .duplicateProvider(let id): "provider '\(id)' stands here a second time"
    case .unknownBillingRule(let text): "'\(text)' is no way of billing a failed call"
    case .unknownScope(let text, _): "'\(text)' is neither a provider nor a model of the book"
    case .ambiguousScope(let text, _): "several providers have a model '\(text)'"
    case .badRatio(let text): "'ratio' must be above 0 and at most 1, found \(text)"
    case .badTerm(let text): "'\(text)' is no term"
    case .badAmount(let text): "expected an amount of USD of 0 or more, found \(text)"
    case .volumeTiersOutOfOrder(let provider): "volume tiers of '\(provider)' must have rising 'from_annual_usd'"
    }
  }

  var help: String? {
    switch self {
    case .priceMap: "'finops-lab prices import' makes a book of it"
    case .unknownFormat: "write \"format\": \"\(PriceBook.format)\""
    case .badDate: "write it as 2026-11-20"
    case .badInstant: "write it as 2026-11-20 or 2026-11-20T09:00:00Z"
    case .unknownProvider(let id, let known), .unknownScope(let id, let known): Suggestion.help(for: id, among: known)
    case .unknownBillingRule(let text):
      Suggestion.help(for: text, among: ErrorBilling.Rule.allCases.map(\.name)) ?? "known rules: free, input, full"
    case .ambiguousScope(let text, let providers):
      "write " + providers.map { "'\($0)/\(text)'" }.joined(separator: " or ")
    case .badTerm: "write it as 1y, 3y or 6mo"
    case .rowsOverlap: "leave 'to' out: a row ends where the next begins"
    default: nil
    }
  }
}
