import LabCore

/// What can be wrong with a JSON text, as facts.
public enum JSONProblem: Hashable, Sendable {
  case empty
  case unexpectedEnd(inside: String)
  case unexpected(byte: UInt8, expected: String)
  case trailingComma(closing: String)
  case trailingContent
  case comment
  case singleQuotes
  case badLiteral(String)
  case badNumber(String)
  case controlCharacter(UInt8)
  case badEscape(String)
  case loneSurrogate(String)
  case invalidUTF8
  case tooDeep(limit: Int)
  case tooManyValues(limit: Int)
  case duplicateKey(String, firstLine: Int)
}

extension JSONProblem: DiagnosticFact {
  public var code: String {
    switch self {
    case .empty: "json_empty"
    case .unexpectedEnd: "json_unexpected_end"
    case .unexpected: "json_unexpected_character"
    case .trailingComma: "json_trailing_comma"
    case .trailingContent: "json_trailing_content"
    case .comment: "json_comment"
    case .singleQuotes: "json_single_quotes"
    case .badLiteral: "json_bad_literal"
    case .badNumber: "json_bad_number"
    case .controlCharacter: "json_control_character"
    case .badEscape: "json_bad_escape"
    case .loneSurrogate: "json_lone_surrogate"
    case .invalidUTF8: "json_invalid_utf8"
    case .tooDeep: "json_too_deep"
    case .tooManyValues: "json_too_many_values"
    case .duplicateKey: "duplicate_key"
    }
  }

  public var sentence: String {
    switch self {
    case .empty: "the file is empty; JSON needs a value"
    case .unexpectedEnd(let inside): "the text ends inside \(inside)"
    case .unexpected(let byte, let expected): "expected \(expected), found \(Self.name(of: byte))"
    case .trailingComma(let closing): "a comma stands before '\(closing)'; JSON has no trailing commas"
    case .trailingContent: "more text follows the end of the JSON value"
    case .comment: "JSON has no comments"
    case .singleQuotes: "JSON strings stand in double quotes"
    case .badLiteral(let word): "'\(word)' is no JSON value"
    case .badNumber(let text): "'\(text)' is not how JSON writes a number"
    case .controlCharacter(let byte): "a string holds \(Self.name(of: byte)), which must be escaped"
    case .badEscape(let text): "'\(text)' is no JSON escape"
    case .loneSurrogate(let text): "'\(text)' is half of a surrogate pair"
    case .invalidUTF8: "the text is not valid UTF-8 here"
    case .tooDeep(let limit): "values are nested deeper than \(limit) levels"
    case .tooManyValues(let limit): "the text holds more than \(limit) values"
    case .duplicateKey(let key, let line): "key '\(key)' stands here a second time; the first is in line \(line)"
    }
  }

  public var help: String? {
    switch self {
    case .badLiteral(let word): Suggestion.help(for: word, among: ["true", "false", "null"])
    case .comment: "put the remark into a 'description' key"
    case .trailingComma: "take the comma out"
    default: nil
    }
  }

  private static func name(of byte: UInt8) -> String {
    switch byte {
    case 0x0a: "the end of the line"
    case 0x09: "a tab"
    case 0x00..<0x20, 0x7f: "control character 0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    case 0x80...: "a character outside ASCII"
    default: "'\(Character(Unicode.Scalar(byte)))'"
    }
  }
}
