import LabJSON

/// Makes shares of what the items of a list say: `share` everywhere, `weight` anywhere, or nothing at all.
struct SharesCheck {
  let problems: Problems

  /// How far a sum of shares may be from 1: what rounding of decimal shares leaves, far below any share that means something.
  static let tolerance = 1e-9

  /// The items with their shares, which sum to 1.
  func applied(to items: [Checked], of list: JSONNode, list name: String, path: String) -> [Checked] {
    var items = items
    var amounts: [Double] = []
    var usesWeight = false
    var isComplete = true
    let given = items.filter { $0["share"] != nil || $0["weight"] != nil }
    if given.isEmpty {
      for index in items.indices { items[index].share = 1 / Double(items.count) }
      return items
    }
    for item in items {
      if let share = item["share"], item["weight"] != nil {
        problems.report(ScenarioProblem.bothShareAndWeight, at: share.node, path: share.path)
        isComplete = false
      } else if let amount = item["weight"] ?? item["share"] {
        usesWeight = usesWeight || item["weight"] != nil
        // What is no number is reported where it stands.
        if let number = amount.number { amounts.append(number) } else { isComplete = false }
      } else {
        if case .object = item.content { problems.report(ScenarioProblem.shareMissing, at: item.node, path: item.path) }
        isComplete = false
      }
    }
    guard isComplete, amounts.count == items.count else { return items }
    let sum = amounts.reduce(0, +)
    if usesWeight {
      guard sum > 0 else {
        problems.report(ScenarioProblem.noWeight(list: name), at: list, path: path)
        return items
      }
    } else if abs(sum - 1) > Self.tolerance {
      problems.report(ScenarioProblem.sharesDontSum(list: name, sum: sum), at: list, path: path)
      return items
    }
    for index in items.indices { items[index].share = amounts[index] / sum }
    return items
  }
}
