import LabCore

/// What can be wrong with a scenario whose JSON is well formed, as facts; the sentences stand in ScenarioProblem+Sentences.swift.
enum ScenarioProblem: Hashable, Sendable {
  // The file
  case formatMissing
  case formatUnknown(String)
  case extendsCycle([String])
  case extendsTooDeep(limit: Int)
  case deleteWithoutTarget(id: String, known: [String])
  case deleteFromDefaults(id: String, list: String)
  case deleteNotTrue(found: String)
  case replaceNotArray(found: String)
  case replaceNotAlone(key: String)
  case phasesAndDuration(key: String)
  case phasesReplaced(by: String)
  case twoPlaces(key: String, first: String)

  // Values
  case outOfRange(key: String, rule: String, found: String, fallback: String?)
  case notWhole(key: String, found: String)
  case unknownChoice(key: String, found: String, allowed: [String])
  case badSpan(found: String, isNumber: Bool)
  case badInstant(found: String)
  case badOffset(found: String)
  case badMoney(found: String)
  case badRequirement(found: String)
  case badInterval(found: String)
  case intervalReversed(low: String, high: String)
  case textTooLong(limit: Int)
  case badIdentifier(found: String, fault: String)
  case itemCount(key: String, found: Int, least: Int, most: Int)
  case duplicateID(String, first: Int?)
  case notRising(key: String)
  case minimumAboveMaximum(low: String, high: String)
  case emptyFilter(key: String)

  // Shares
  case sharesDontSum(list: String, sum: Double, isMix: Bool = false)
  /// The same after an edit of the share at a path.
  case editedSharesDontSum(list: String, sum: Double, path: String)
  case onlyEditedShares(list: String, path: String)
  case shareMissing
  case bothShareAndWeight
  case noWeight(list: String)
  case sharesTooLarge(keys: [String], sum: Double)
  case below(key: String, other: String, found: String, limit: String)

  // Names
  case noSuch(noun: String, name: String, known: [String])
  case ambiguousModel(String, providers: [String])
  case modelNotListed(model: String, provider: String, known: [String])
  case unknownMetric(String, known: [String])
  case unknownColumn(String, known: [String])
  case unknownVariant(noun: String, name: String, known: [String])
  case elsewhere(key: String, place: String)
  case providerNotPriced(String, book: String, known: [String], isDefault: Bool)
  case modelNotPriced(model: String, provider: String, book: String, known: [String], isDefault: Bool)

  // The run
  case oneOf(keys: [String], found: Int)
  case tooManyCalls(expected: Double, limit: Double)
  case tooLong(days: Double, limit: Int)
  case endsTooLate
  case tooManyIDs(key: String, count: Int, limit: Int)
  case repeatWithoutCalls
  case incidentAfterEnd(at: String, length: String)

  // Edits
  case badAssignment(String)
  case badPath(String)
  case noSuchKey(path: String, key: String, place: String, known: [String])
  case noSuchItem(path: String, item: String, place: String, known: [String])
  case notInside(path: String, place: String, kind: String)
}

extension ScenarioProblem: DiagnosticFact {
  var code: String {
    switch self {
    case .formatMissing, .formatUnknown: "scenario_format"
    case .extendsCycle: "extends_cycle"
    case .extendsTooDeep: "extends_too_deep"
    case .deleteWithoutTarget, .deleteFromDefaults, .deleteNotTrue, .replaceNotArray, .replaceNotAlone: "bad_merge"
    case .phasesAndDuration, .phasesReplaced, .twoPlaces: "conflicting_keys"
    case .outOfRange, .notWhole, .notRising, .minimumAboveMaximum, .intervalReversed, .below: "out_of_range"
    case .unknownChoice: "unknown_value"
    case .badSpan: "bad_duration"
    case .badInstant, .badOffset: "bad_time"
    case .badMoney: "bad_money"
    case .badRequirement: "bad_requirement"
    case .badInterval: "wrong_type"
    case .textTooLong, .badIdentifier: "bad_text"
    case .itemCount, .tooManyIDs, .emptyFilter: "item_count"
    case .duplicateID: "duplicate_id"
    case .sharesDontSum, .editedSharesDontSum, .onlyEditedShares, .shareMissing, .bothShareAndWeight, .noWeight,
      .sharesTooLarge:
      "bad_shares"
    case .noSuch, .ambiguousModel, .modelNotListed: "unknown_reference"
    case .unknownMetric: "unknown_metric"
    case .unknownColumn: "unknown_column"
    case .unknownVariant: "unknown_kind"
    case .elsewhere: "unknown_key"
    case .providerNotPriced, .modelNotPriced: "unpriced_model"
    case .oneOf: "conflicting_keys"
    case .incidentAfterEnd: "incident_after_end"
    case .tooManyCalls, .tooLong, .endsTooLate, .repeatWithoutCalls: "run_too_large"
    case .badAssignment, .badPath, .noSuchKey, .noSuchItem, .notInside: "bad_path"
    }
  }
}
