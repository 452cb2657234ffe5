import LabCore
import LabJSON

extension ShapeChecker {
  // MARK: Numbers

  func number(
    _ node: JSONNode, _ range: NumberRange, isWhole: Bool, for parameter: ParameterDescriptor, path: String
  ) -> Checked.Content {
    guard let written = node.number else {
      problems.wrongType(isWhole ? "a whole number" : "a number", node, path: path)
      return .invalid
    }
    guard let value = written.double, range.contains(value) else {
      problems.report(
        ScenarioProblem.outOfRange(
          key: parameter.key, rule: range.rule(against: written.double), found: written.shortText,
          fallback: parameter.fallbackText), at: node,
        path: path)
      return .invalid
    }
    if isWhole, written.integer == nil {
      problems.report(ScenarioProblem.notWhole(key: parameter.key, found: written.shortText), at: node, path: path)
      return .invalid
    }
    return .number(value)
  }

  func interval(_ node: JSONNode, _ range: NumberRange, for parameter: ParameterDescriptor, path: String)
    -> Checked.Content
  {
    if node.number != nil {
      guard case .number(let value) = number(node, range, isWhole: false, for: parameter, path: path) else {
        return .invalid
      }
      let end = Checked(content: .number(value), node: node, path: path)
      return .list([end, end])
    }
    guard let ends = node.array, ends.count == 2, ends.allSatisfy({ $0.number != nil }) else {
      problems.report(ScenarioProblem.badInterval(found: node.description), at: node, path: path)
      return .invalid
    }
    let checked = ends.enumerated().map { index, end in
      let inner = ValuePath.adding(index: index, to: path)
      return Checked(
        content: number(end, range, isWhole: false, for: parameter, path: inner), node: end, path: inner)
    }
    guard let low = checked[0].number, let high = checked[1].number else { return .invalid }
    guard low <= high else {
      problems.report(
        ScenarioProblem.intervalReversed(low: ends[0].description, high: ends[1].description), at: node, path: path)
      return .invalid
    }
    return .list(checked)
  }

  func money(_ node: JSONNode, path: String) -> Checked.Content {
    let decimal = node.number?.exact ?? node.string.flatMap { ExactDecimal($0) }
    guard let decimal, decimal.significand >= 0, let amount = Money(dollars: decimal),
      amount <= Money(approximating: ScenarioLimits.dollars)
    else {
      problems.report(ScenarioProblem.badMoney(found: node.number?.shortText ?? node.description), at: node, path: path)
      return .invalid
    }
    return .money(amount)
  }

  func boolean(_ node: JSONNode, path: String) -> Checked.Content {
    guard let flag = node.boolean else {
      problems.wrongType("true or false", node, path: path)
      return .invalid
    }
    return .boolean(flag)
  }

  // MARK: Texts

  func text(_ node: JSONNode, path: String) -> Checked.Content {
    guard let text = node.string else {
      problems.wrongType("a string", node, path: path)
      return .invalid
    }
    guard text.unicodeScalars.count <= ScenarioLimits.textLength else {
      problems.report(ScenarioProblem.textTooLong(limit: ScenarioLimits.textLength), at: node, path: path)
      return .invalid
    }
    return .text(text)
  }

  func identifier(_ node: JSONNode, path: String) -> Checked.Content {
    guard let text = node.string else {
      problems.wrongType("a string", node, path: path)
      return .invalid
    }
    if let fault = Identifier.fault(in: text) {
      problems.report(ScenarioProblem.badIdentifier(found: node.description, fault: fault), at: node, path: path)
      return .invalid
    }
    return .text(text)
  }

  func choice(_ node: JSONNode, _ words: [String], for parameter: ParameterDescriptor, path: String) -> Checked.Content
  {
    guard let text = node.string else {
      problems.wrongType(words.map { "'\($0)'" }.joined(separator: " or "), node, path: path)
      return .invalid
    }
    guard words.contains(text) else {
      problems.report(
        ScenarioProblem.unknownChoice(key: parameter.key, found: node.description, allowed: words), at: node, path: path
      )
      return .invalid
    }
    return .text(text)
  }

  // MARK: Times

  func span(_ node: JSONNode, _ range: SpanRange, for parameter: ParameterDescriptor, path: String) -> Checked.Content {
    guard let text = node.string, let span = TimeSpan(text) else {
      // A string of digits lacks its unit just as a number does.
      let digits = node.number?.shortText ?? node.string.flatMap { Int64($0) }.map(String.init)
      problems.report(
        ScenarioProblem.badSpan(found: digits ?? node.description, isNumber: digits != nil), at: node, path: path)
      return .invalid
    }
    if range == .positive, span <= .zero {
      problems.report(
        ScenarioProblem.outOfRange(
          key: parameter.key, rule: "longer than 0", found: node.description, fallback: parameter.fallbackText),
        at: node,
        path: path)
      return .invalid
    }
    return .span(span)
  }

  func instant(_ node: JSONNode, path: String) -> Checked.Content {
    guard let instant = node.string.flatMap({ Instant($0) }) else {
      problems.report(ScenarioProblem.badInstant(found: node.description), at: node, path: path)
      return .invalid
    }
    return .instant(instant)
  }

  func offset(_ node: JSONNode, path: String) -> Checked.Content {
    guard let offset = node.string.flatMap({ Self.offset($0) }) else {
      problems.report(ScenarioProblem.badOffset(found: node.description), at: node, path: path)
      return .invalid
    }
    return .span(offset)
  }

  /// `Z`, `+01`, `-05:00`, `+0530`: at most 14 hours, the widest that any country uses.
  static func offset(_ text: String) -> TimeSpan? {
    if text == "Z" { return .zero }
    var digits = text.utf8.dropFirst().map { Int64($0) - 0x30 }
    if digits.count == 5 {
      // The colon is no digit: 0x3a - 0x30.
      guard digits[2] == 10 else { return nil }
      digits.remove(at: 2)
    }
    guard let sign = text.utf8.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
      digits.count == 2 || digits.count == 4,
      digits.allSatisfy({ (0...9).contains($0) })
    else { return nil }
    let minutes = digits.count == 4 ? digits[2] * 10 + digits[3] : 0
    let total = (digits[0] * 10 + digits[1]) * 60 + minutes
    guard minutes < 60, total <= 14 * 60 else { return nil }
    return .minutes(sign == UInt8(ascii: "-") ? -total : total)
  }

  // MARK: Shares by name

  func mix(_ node: JSONNode, _ keys: [String], for parameter: ParameterDescriptor, path: String) -> Checked.Content {
    let parameters = keys.map { ParameterDescriptor($0, .number(.share), "Its share") }
    guard case .object(let parts) = object(node, parameters, path: path) else { return .invalid }
    let numbers = keys.compactMap { parts[$0]?.number }
    guard numbers.count == parts.count else { return .invalid }
    let sum = numbers.reduce(0, +)
    guard abs(sum - 1) <= SharesCheck.tolerance else {
      problems.report(ScenarioProblem.sharesDontSum(list: parameter.key, sum: sum, isMix: true), at: node, path: path)
      return .invalid
    }
    return .object(parts)
  }
}

extension NumberRange {
  /// What a number must be, in words that a wrong one makes useful: the upper limit is named where one exists for this key,
  /// or where the number is beyond it.
  func rule(against number: Double?) -> String {
    let low = ScenarioProblem.number(minimum)
    let high = ScenarioProblem.number(maximum)
    let isBeyond = number.map { $0 > maximum } ?? true
    if maximum >= ScenarioLimits.magnitude, !isBeyond {
      return isMinimumExcluded ? "greater than \(low)" : "at least \(low)"
    }
    return isMinimumExcluded ? "greater than \(low) and at most \(high)" : "between \(low) and \(high)"
  }
}

extension JSONNumber {
  /// The number as written, cut where it is longer than anyone reads.
  var shortText: String { text.utf8.count > 40 ? text.prefix(40) + "…" : text }
}

extension ParameterDescriptor {
  /// The default in words, or nil where there is none.
  var fallbackText: String? {
    if let fallbackNote { return fallbackNote }
    guard let fallback else { return nil }
    if case .interval = shape, case .list(let ends) = fallback, ends.count == 2 {
      return "\(ends[0].shortText) to \(ends[1].shortText)"
    }
    return fallback.shortText
  }
}

extension Literal {
  /// The value on one line.
  var shortText: String {
    switch self {
    case .text(let text): text
    default:
      String(decoding: compactJSON, as: UTF8.self)
    }
  }

  /// The value as JSON without blanks.
  var compactJSON: [UInt8] {
    var writer = JSONWriter(compact: true)
    writer.value(node(source: 0))
    return writer.bytes
  }
}
