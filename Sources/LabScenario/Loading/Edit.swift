/// A change of a scenario from outside its files: `--set PATH=VALUE`, `set PATH VALUE`, `unset PATH`, a cell of a sweep.
public struct Edit: Hashable, Sendable {
  /// Who asks for it.
  public enum Place: Hashable, Sendable { case flag, session, sweep }

  public var path: String
  /// JSON if it parses as JSON, else a string; nil takes the value out, so that the default holds.
  public var value: String?
  public var place: Place

  public init(path: String, value: String?, place: Place) {
    self.path = path
    self.value = value
    self.place = place
  }

  /// The edit that `PATH=VALUE` spells, or nil when it has no `=` or nothing before it.
  public init?(assignment text: String, place: Place = .flag) {
    guard let sign = Self.assignmentSign(in: text), sign != text.startIndex else { return nil }
    self.init(path: String(text[..<sign]), value: String(text[text.index(after: sign)...]), place: place)
  }

  /// The first `=` that stands outside brackets, so that an id in a path may hold one.
  private static func assignmentSign(in text: String) -> String.Index? {
    var depth = 0
    for index in text.indices {
      switch text[index] {
      case "[": depth += 1
      case "]": depth = max(0, depth - 1)
      case "=" where depth == 0: return index
      default: break
      }
    }
    return nil
  }

  var origin: Origin {
    switch place {
    case .flag: .flag(path + "=" + (value ?? "null"))
    case .session: .session(path + " " + (value ?? "null"))
    case .sweep: .sweep(path + "=" + (value ?? "null"))
    }
  }
}
