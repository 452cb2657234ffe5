import LabCore
import LabPrices

/// Tokens and recorded cost by token class, over all calls and by service tier; its lines sum to the bill.
struct Ledger {
  struct Lines {
    var tokens = TokenSums()
    /// Tokens of the calls whose cost could be split.
    var costedTokens = TokenSums()
    /// Nanodollars by class.
    var costs = [Int64](repeating: 0, count: PricedTokens.classCount)
    /// What the price book can't split, and the tokens of those calls.
    var unsplit: Int64 = 0
    var unsplitTokens: Int64 = 0
  }

  /// The sums that all groups have.
  struct Sums {
    var calls: Int64 = 0
    var cost: Int64 = 0
    var tokens = TokenSums()

    init(_ cells: some Sequence<MixCells.Cell>) {
      for cell in cells {
        calls &+= cell.calls
        cost &+= cell.cost
        tokens += cell.tokens
      }
    }
  }

  private(set) var all = Lines()
  /// In the order of ``ServiceTier``, the calls of no known tier last; only those that have calls.
  private(set) var tiers: [(name: String, lines: Lines)] = []

  init(_ mix: MixCells) {
    var byTier = [(calls: Int64, lines: Lines)](repeating: (0, Lines()), count: ServiceTier.allCases.count + 1)
    for cell in mix.cells {
      let parts = cell.hasCost ? mix.split(cell) : nil
      let tier = cell.tier.map { Int($0.rawValue) } ?? ServiceTier.allCases.count
      byTier[tier].calls &+= cell.calls
      Self.add(cell, parts, to: &byTier[tier].lines)
      Self.add(cell, parts, to: &all)
    }
    for (index, entry) in byTier.enumerated() where entry.calls > 0 {
      let name = index < ServiceTier.allCases.count ? ServiceTier.allCases[index].name : "unknown"
      tiers.append((name, entry.lines))
    }
  }

  private static func add(_ cell: MixCells.Cell, _ parts: [Money]?, to lines: inout Lines) {
    lines.tokens += cell.tokens
    if let parts {
      lines.costedTokens += cell.tokens
      for (index, part) in parts.enumerated() { lines.costs[index] &+= part.nanodollars }
    } else if cell.hasCost {
      lines.unsplit &+= cell.cost
      lines.unsplitTokens &+= cell.tokens.total
    }
  }

  /// The name of a class in the ledger.
  static func name(_ tokenClass: TokenClass) -> String { tokenClass == .input ? "uncached_input" : tokenClass.name }

  /// The same in words.
  static func title(_ name: String) -> String {
    switch name {
    case "uncached_input": "Uncached input"
    case "cached_input": "Cache reads"
    case "cache_write": "Cache writes"
    case "cache_write_1h": "Cache writes, one hour"
    case "output": "Output without reasoning"
    case "reasoning": "Reasoning"
    default: "Not split"
    }
  }
}
