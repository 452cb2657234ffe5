import LabCore

/// The words of this module's problems.
extension ScenarioProblem {
  var sentence: String {
    switch self {
    case .formatMissing: "key 'format' is missing"
    case .formatUnknown(let found): "this version reads the format '\(ScenarioShape.format)', found \(found)"
    case .extendsCycle(let files): "'extends' goes round in a circle: \(files.joined(separator: " → "))"
    case .extendsTooDeep(let limit): "more than \(limit) files extend one another"
    case .deleteWithoutTarget(let id, _): "there is no '\(id)' to delete in the scenario that this one extends"
    case .deleteNotTrue(let found): "'$delete' must be true, found \(found)"
    case .deleteFromDefaults(let id, _):
      "there is no '\(id)' to delete: it is a default, and no file extended here has it"
    case .replaceNotArray(let found): "'$replace' must be an array, found \(found)"
    case .replaceNotAlone(let key): "'\(key)' stands beside '$replace', which replaces the whole array"
    case .phasesAndDuration(let key): "'\(key)' stands in one file with 'traffic.phases', which takes its place"
    case .phasesReplaced(let key): "'\(key)' takes the place of 'traffic.phases'"
    case .twoPlaces(let key, let first): "'\(key)' stands in two places; the other is \(first)"
    case .outOfRange(let key, let rule, let found, _): "'\(key)' must be \(rule), found \(found)"
    case .notWhole(let key, let found): "'\(key)' must be a whole number, found \(found)"
    case .unknownChoice(let key, let found, _): "\(found) is no value of '\(key)'"
    case .badSpan(let found, _): "expected a duration such as '14d' or '12d3h', found \(found)"
    case .badInstant(let found): "expected a time such as '2026-01-05T00:00:00Z', found \(found)"
    case .badOffset(let found): "expected an offset from UTC such as '-05:00', found \(found)"
    case .badMoney(let found): "expected an amount of USD, found \(found)"
    case .badRequirement(let found): "expected a requirement such as '<= 12000' or '100..200', found \(found)"
    case .badInterval(let found): "expected a number or two of them as [low, high], found \(found)"
    case .intervalReversed(let low, let high): "the interval begins at \(low), above its end \(high)"
    case .textTooLong(let limit): "the text is longer than \(limit) characters"
    case .badIdentifier(let found, let fault): "\(found) can't be a name: \(fault)"
    case .itemCount(let key, let found, let least, let most):
      found < least
        ? "'\(key)' needs at least \(Self.items(least)), found \(found)"
        : "'\(key)' may have at most \(Self.items(most)), found \(found)"
    case .duplicateID(let id, let line):
      "id '\(id)' is used twice" + (line.map { "; the first is in line \($0)" } ?? "")
    case .notRising(let key): "the values of '\(key)' must not fall"
    case .minimumAboveMaximum(let low, let high): "'min' is \(low), above 'max', which is \(high)"
    case .emptyFilter(let key): "'\(key)' has no values, so that nothing can match"
    case .sharesDontSum(let list, let sum, _): "the shares of '\(list)' sum to \(Self.number(sum)), not to 1"
    case .editedSharesDontSum(let list, let sum, _):
      "the shares of '\(list)' now sum to \(Self.number(sum)), not to 1"
    case .onlyEditedShares(let list, _): "the other items of '\(list)' have no share"
    case .shareMissing: "'share' is missing here, while others of the list have one"
    case .bothShareAndWeight: "'weight' stands beside 'share'; one of the two says it all"
    case .noWeight(let list): "the weights of '\(list)' are all 0"
    case .sharesTooLarge(let keys, let sum):
      "\(keys.map { "'\($0)'" }.joined(separator: " + ")) is \(Self.number(sum)), more than 1"
    case .below(let key, let other, let found, let limit):
      "'\(key)' is \(found), less than '\(other)', which is \(limit)"
    case .noSuch(let noun, let name, _): "there is no \(noun) '\(name)' in this scenario"
    case .ambiguousModel(let name, let providers):
      "model '\(name)' is served by \(providers.map { "'\($0)'" }.joined(separator: ", "))"
    case .modelNotListed(let model, let provider, _): "provider '\(provider)' has no model '\(model)' in this scenario"
    case .unknownMetric(let name, _): "there is no metric '\(name)'"
    case .unknownColumn(let name, _): "there is no column '\(name)'"
    case .unknownVariant(let noun, let name, let known):
      known.isEmpty ? "there are no \(noun)s in this version, so none '\(name)'" : "there is no \(noun) '\(name)'"
    case .elsewhere(let key, _): "unknown key '\(key)'"
    case .providerNotPriced(let provider, let book, _, _): "price book '\(book)' has no provider '\(provider)'"
    case .modelNotPriced(let model, let provider, let book, _, _):
      "price book '\(book)' has no model '\(model)' of provider '\(provider)'"
    case .oneOf(let keys, let found):
      "one of \(keys.map { "'\($0)'" }.joined(separator: " and ")) belongs here, found \(found == 0 ? "none" : "both")"
    case .tooManyCalls(let expected, let limit):
      "the scenario asks for about \(Self.number(expected)) calls; \(Self.number(limit)) are the limit"
    case .tooLong(let days, let limit):
      "the timeline is \(Self.number(days.rounded())) days long; \(limit) are the limit"
    case .endsTooLate: "the timeline ends after the year 9999"
    case .tooManyIDs(let key, let count, let limit): "'\(key)' names \(count), more than the \(limit) that there are"
    case .incidentAfterEnd(let at, let length):
      "the incident begins after \(at), but the timeline is \(length) long"
    case .repeatWithoutCalls: "'repeat_until' never ends, since 'traffic.calls_per_hour' is 0"
    case .badAssignment(let text): "'\(text)' is no assignment"
    case .badPath(let path): "'\(path)' is no path"
    case .noSuchKey(_, let key, let place, _): "there is no key '\(key)' in \(Self.place(place))"
    case .noSuchItem(_, let item, let place, let known):
      known.isEmpty
        ? "\(Self.place(place)) is empty, so that it has no item '\(item)'"
        : "there is no item '\(item)' in \(Self.place(place))"
    case .notInside(_, let place, let kind): "\(Self.place(place)) is \(kind), which has nothing inside"
    }
  }

  var help: String? {
    switch self {
    case .formatMissing, .formatUnknown: "write \"format\": \"\(ScenarioShape.format)\""
    case .deleteWithoutTarget(let id, let known): Self.nearest(id, known, "ids there")
    case .deleteFromDefaults(_, let list):
      "'\(list)' of a file replaces the default list; to change single items of it, start from \"extends\": \"base.json\""
    case .replaceNotAlone: "move the key out, or take '$replace' away"
    case .phasesAndDuration: "a file has 'traffic.phases', or 'duration' and 'traffic.patterns'"
    case .outOfRange(_, _, _, let fallback?): "leave the key out to use the default, \(fallback)"
    case .unknownChoice(_, let found, let allowed): Self.nearest(Self.bare(found), allowed, "values")
    case .badSpan(let found, let isNumber):
      isNumber
        ? "add a unit: '\(found)d' are days, '\(found)h' hours"
        : "units are w, d, h, m, s, ms and us, the largest first"
    case .badMoney: "write a number of USD from 0 to 1,000,000,000, such as 49 or 0.25, without a sign or unit"
    case .badRequirement: "write <, <=, >, >=, == or != and a number, or a range such as 100..200"
    case .badIdentifier: "names may hold anything but line breaks, quotes, brackets and blanks at their ends"
    case .sharesDontSum(_, _, isMix: true): "what is left out has share 0"
    case .sharesDontSum:
      "write 'weight' in place of 'share' to have them normalised, or leave both out for equal shares"
    case .editedSharesDontSum(_, _, let path):
      "set the other shares too, or '\(Self.weightPath(path))', with which all of them are normalised"
    case .onlyEditedShares: "set the other shares too"
    case .shareMissing: "give every item one, or none for equal shares"
    case .noSuch(let noun, let name, let known): Self.nearest(name, known, "\(noun)s")
    case .ambiguousModel(let name, let providers): providers.first.map { "write '\($0)/\(name)'" }
    case .modelNotListed(let model, _, let known): Self.nearest(model, known, "its models")
    case .unknownMetric(let name, let known): Suggestion.help(for: name, among: known) ?? Self.metricHelp(name, known)
    case .unknownColumn(let name, let known):
      Suggestion.help(for: name, among: known) ?? "name a column of the usage CSV, or a tag as 'metadata.TAG'"
    case .unknownVariant(let noun, let name, let known): known.isEmpty ? nil : Self.nearest(name, known, "\(noun)s")
    case .elsewhere(let key, let place): "did you mean '\(place)'? '\(key)' has its place there"
    case .providerNotPriced(let name, _, let known, let isDefault):
      isDefault
        ? "it is one of the default providers; name your own under 'providers'"
        : Self.nearest(name, known, "its providers")
    case .modelNotPriced(let name, _, _, let known, let isDefault):
      isDefault
        ? "it is one of the default models; name your own under 'providers'" : Self.nearest(name, known, "its models")
    case .tooManyCalls, .tooLong, .endsTooLate: "shorten the timeline or lower 'traffic.calls_per_hour'"
    case .badAssignment: "write PATH=VALUE, such as traffic.calls_per_hour=500"
    case .badPath: "paths look like traffic.calls_per_hour and features[chat].routes[0].weight"
    case .noSuchKey(let path, let key, let place, let known): Self.pathHelp(path, key, place, known)
    case .noSuchItem(_, let item, _, let known): known.isEmpty ? nil : Self.nearest(item, known, "items")
    default: nil
    }
  }

  /// The nearest names, or all of them when none is near and they are few.
  private static func nearest(_ name: String, _ known: [String], _ noun: String) -> String? {
    if let help = Suggestion.help(for: name, among: known) { return help }
    guard !known.isEmpty else { return nil }
    let shown = known.prefix(shownNames)
    return "\(noun): \(shown.joined(separator: ", "))"
      + (known.count > shown.count ? ", … (\(known.count) in all)" : "")
  }

  /// Names that fit into two lines of a terminal.
  private static let shownNames = 15

  private static func metricHelp(_ name: String, _ known: [String]) -> String? {
    guard let dot = name.firstIndex(of: ".") else { return "metrics are named ANALYZER.METRIC" }
    let analyzer = name[...dot]
    let siblings = known.filter { $0.hasPrefix(analyzer) }
    if siblings.isEmpty {
      let analyzers = Set(known.compactMap { $0.split(separator: ".").first.map(String.init) }).sorted()
      return nearest(String(analyzer.dropLast()), analyzers, "analyzers")
    }
    return nearest(name, siblings, "metrics of \(analyzer.dropLast())")
  }

  private static func pathHelp(_ path: String, _ key: String, _ place: String, _ known: [String]) -> String? {
    let near = Suggestion.nearest(to: key, among: known)
    guard !near.isEmpty else { return known.isEmpty ? nil : "keys there: \(known.joined(separator: ", "))" }
    let names = near.map { "'\(ValuePath.adding(key: $0, to: place))'" }
    return "did you mean \(names.joined(separator: " or "))?"
  }

  /// The path of the `weight` beside a `share`.
  private static func weightPath(_ path: String) -> String {
    path.hasSuffix(".share") ? path.dropLast("share".count) + "weight" : path
  }
  private static func items(_ count: Int) -> String { count == 1 ? "1 item" : "\(count) items" }
  private static func place(_ path: String) -> String { path.isEmpty ? "a scenario" : "'\(path)'" }
  /// The name inside quotes.
  private static func bare(_ found: String) -> String {
    found.count > 2 && found.hasPrefix("'") && found.hasSuffix("'") ? String(found.dropFirst().dropLast()) : found
  }

  /// A number for people: at most ten significant digits, so that 0.9 doesn't show as 0.8999999999999999.
  static func number(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "a number out of range" }
    if value == value.rounded(), abs(value) < 1e16 { return String(Int64(value)) }
    var scale = 1.0
    // Ten significant digits: enough to tell a sum from 1 where the tolerance is 10⁻⁹.
    while abs(value) * scale < 1e9, scale < 1e15 { scale *= 10 }
    return "\((value * scale).rounded() / scale)"
  }
}
