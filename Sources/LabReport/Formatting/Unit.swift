import LabCore

/// What a number counts; a unit prints its own numbers.
///
/// Percentages are percentage points (12.5 is 12.5 %), ratios are fractions of one, money in a `Double` is USD.
public enum Unit: String, Hashable, Sendable, CaseIterable {
  case none
  case usd
  case usdPerMillionTokens = "usd_per_million_tokens"
  case usdPerCall = "usd_per_call"
  case usdPerHour = "usd_per_hour"
  case usdPerMonth = "usd_per_month"
  case count
  case calls
  case tokens
  case customers
  case tokensPerSecond = "tokens_per_second"
  case tokensPerUSD = "tokens_per_usd"
  case milliseconds = "ms"
  case millisecondsPerToken = "ms_per_token"
  case seconds
  case hours
  case days
  case percent
  case ratio
  case perSecond = "per_second"
  case perHour = "per_hour"
  case bytes

  /// The unit in a column's or axis's head: `USD`, `ms`, `%`; empty when the title says it.
  public var symbol: String {
    switch self {
    case .none, .count, .ratio: ""
    case .usd: "USD"
    case .usdPerMillionTokens: "USD per 1M tokens"
    case .usdPerCall: "USD per call"
    case .usdPerHour: "USD per hour"
    case .usdPerMonth: "USD per month"
    case .calls: "calls"
    case .tokens: "tokens"
    case .customers: "customers"
    case .tokensPerSecond: "tokens/s"
    case .tokensPerUSD: "tokens per USD"
    case .milliseconds: "ms"
    case .millisecondsPerToken: "ms per token"
    case .seconds: "s"
    case .hours: "h"
    case .days: "days"
    case .percent: "%"
    case .perSecond: "per second"
    case .perHour: "per hour"
    case .bytes: "bytes"
    }
  }

  /// The unit in the head of a table's column: money has its dollar sign in every cell, so only what it is `per` is left.
  public var headSymbol: String {
    switch self {
    case .usd, .percent: ""
    case .usdPerMillionTokens, .usdPerCall, .usdPerHour, .usdPerMonth: String(symbol.dropFirst("USD ".count))
    default: symbol
    }
  }

  /// How a label says the unit in words, in small letters.
  private var wordings: [String] {
    switch self {
    case .calls: ["calls"]
    case .tokens: ["tokens"]
    case .customers: ["customers"]
    case .usdPerMillionTokens: ["per million tokens", "per 1m"]
    case .usdPerCall: ["per call"]
    case .usdPerHour, .perHour: ["per hour"]
    case .usdPerMonth: ["per month"]
    case .perSecond: ["per second"]
    case .tokensPerSecond: ["tokens per second", "tokens/s"]
    case .tokensPerUSD: ["tokens per usd"]
    case .seconds: ["seconds"]
    case .hours: ["hours"]
    case .days: ["days"]
    case .none, .count, .usd, .milliseconds, .millisecondsPerToken, .percent, .ratio, .bytes: []
    }
  }

  /// Whether a label says the unit, so that a figure beside or below it need not: `Calls`, `Cost per call`.
  public func isSaid(by label: String) -> Bool {
    let label = " \(label.lowercased()) "
    return wordings.contains { label.contains(" \($0) ") }
  }

  /// Whether the numbers are amounts of money, which show with a dollar sign.
  public var isMoney: Bool {
    switch self {
    case .usd, .usdPerMillionTokens, .usdPerCall, .usdPerHour, .usdPerMonth: true
    default: false
    }
  }

  /// The number as a table cell shows it, the unit being in the column's head: `1,234`, `$0.0042`, `12.5%`.
  public func text(of number: Double) -> String {
    guard number.isFinite else { return NumberFormat.unknown }
    switch self {
    case .usd, .usdPerMillionTokens, .usdPerCall, .usdPerHour, .usdPerMonth:
      // Beyond what Money holds, cents don't matter any more.
      return abs(number) < 9e9
        ? NumberFormat.money(Money(approximating: number))
        : (number < 0 ? "-$" : "$") + NumberFormat.fixed(abs(number), places: 0)
    case .count, .calls, .tokens, .customers:
      return NumberFormat.fixed(number, places: number == number.rounded() || abs(number) >= 1000 ? 0 : 1)
    case .tokensPerSecond, .perSecond, .perHour, .tokensPerUSD, .hours, .days, .seconds:
      return NumberFormat.significant(number, digits: 3)
    case .milliseconds, .millisecondsPerToken:
      return abs(number) >= 100 ? NumberFormat.fixed(number, places: 0) : NumberFormat.significant(number, digits: 3)
    case .percent:
      // A share that is not zero never shows as 0.0%, and one that is not whole never as 100.0%.
      let places = number != 0 && (abs(number) < 0.1 || (abs(number) > 99.9 && abs(number) < 100)) ? 3 : 1
      return NumberFormat.fixed(number, places: places) + "%"
    case .ratio: return NumberFormat.fixed(number, places: 3)
    case .bytes: return Int64(exactly: number.rounded()).map { NumberFormat.bytes($0) } ?? NumberFormat.compact(number)
    case .none: return NumberFormat.significant(number, digits: 4)
    }
  }

  /// The number with its unit, as it stands alone: `1,234 ms`, `$2.50 per 1M tokens`, `12.5%`.
  public func textWithUnit(of number: Double) -> String { withUnit(text(of: number)) }

  /// A formatted number followed by the unit, where the number doesn't show it already.
  public func withUnit(_ text: String) -> String {
    switch self {
    case .none, .count, .ratio, .usd, .percent, .bytes: text
    case .usdPerMillionTokens: text + " per 1M tokens"
    case .usdPerCall: text + " per call"
    case .usdPerHour: text + " per hour"
    case .usdPerMonth: text + " per month"
    // One of something is no several.
    case .calls, .tokens, .customers, .days: text + " " + (text == "1" ? String(symbol.dropLast()) : symbol)
    default: text + " " + symbol
    }
  }

  /// The number in few characters, for axes.
  public func shortText(of number: Double) -> String {
    if isMoney { return (number < 0 ? "-$" : "$") + NumberFormat.compact(abs(number)) }
    return NumberFormat.compact(number) + (self == .percent ? "%" : "")
  }
}
