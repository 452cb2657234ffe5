/// Where in a scenario each key has its place: for a key that was written at the wrong level.
enum KeyIndex {
  /// The path of a key that stands in exactly one place, such as `traffic.calls_per_hour`; nil for others.
  static func place(of key: String) -> String? {
    guard let found = places[key], found.count == 1 else { return nil }
    return found.first
  }

  private static let places: [String: [String]] = {
    var places: [String: [String]] = [:]
    collect(ScenarioShape.root.parameters, below: "", into: &places)
    return places
  }()

  private static func collect(
    _ parameters: [ParameterDescriptor], below path: String, into places: inout [String: [String]]
  ) {
    for parameter in parameters {
      let place = ValuePath.adding(key: parameter.key, to: path)
      places[parameter.key, default: []].append(place)
      switch parameter.shape {
      case .object(let object): collect(object.parameters, below: place, into: &places)
      case .table(let object, _), .list(.object(let object), _):
        collect(object.parameters, below: place + "[]", into: &places)
      default: break
      }
    }
  }
}
