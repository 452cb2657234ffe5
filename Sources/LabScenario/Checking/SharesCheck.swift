import LabJSON

/// Makes shares of what the items of a list say: `share` everywhere, `weight` anywhere, or nothing at all.
///
/// One `weight` makes weights of all: the list's shares count as weights too and need not sum to 1, so that a single
/// item of a list with shares can be changed.
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
    // A list without any, but for what edits set: the edit is at fault, not each of the others.
    if given.count < items.count, given.allSatisfy({ isEdited($0) }), let last = lastEdited(given) {
      problems.report(ScenarioProblem.onlyEditedShares(list: name, path: last.path), at: last.node, path: last.path)
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
      if let last = lastEdited(given) {
        let problem = ScenarioProblem.editedSharesDontSum(list: name, sum: sum, path: last.path)
        problems.report(problem, at: last.node, path: last.path)
      } else {
        problems.report(ScenarioProblem.sharesDontSum(list: name, sum: sum), at: list, path: path)
      }
      return items
    }
    for index in items.indices { items[index].share = amounts[index] / sum }
    return items
  }

  private func amount(_ item: Checked) -> Checked? { item["weight"] ?? item["share"] }

  private func isEdited(_ item: Checked) -> Bool { amount(item).map { problems.isEdit($0.node) } ?? false }

  /// The share or weight that the last edit among them set; nil when no edit did.
  private func lastEdited(_ items: [Checked]) -> Checked? {
    items.filter { isEdited($0) }.compactMap { amount($0) }.max { $0.node.source < $1.node.source }
  }
}
