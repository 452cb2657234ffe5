/// What a name may look like: it becomes a cell of a CSV, a part of a path, a label of a chart.
enum Identifier {
  /// What is wrong with a name, in words, or nil.
  static func fault(in name: String) -> String? {
    if name.isEmpty { return "it is empty" }
    if name.unicodeScalars.count > ScenarioLimits.identifierLength {
      return "it is longer than \(ScenarioLimits.identifierLength) characters"
    }
    if name.unicodeScalars.first?.properties.isWhitespace == true
      || name.unicodeScalars.last?.properties.isWhitespace == true
    {
      return "it begins or ends with a blank"
    }
    if !name.unicodeScalars.allSatisfy(allows) { return "it holds a line break, quote, bracket or control character" }
    return nil
  }

  static func allows(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "[", "]", "\"": false
    default: scalar.properties.generalCategory != .control && scalar != "\u{2028}" && scalar != "\u{2029}"
    }
  }
}
