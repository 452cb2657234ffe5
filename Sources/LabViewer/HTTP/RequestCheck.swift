import HTTPTypes

/// Who may talk to the viewer: a page that it served itself, or a program on this machine that says what it wants.
///
/// A page of another site that a person has open can send requests to 127.0.0.1 too. It can't choose the `Host` of its own
/// name that was made to lead here (DNS rebinding), can't leave out its `Origin` where it could read or change something,
/// and can't send a field of its own without asking first, which is never granted.
struct RequestCheck: Sendable {
  /// The field that every `POST` must carry, and its value.
  static let purposeField = "x-requested-with"
  static let purpose = "finops-lab"

  private let hosts: Set<String>
  private let origins: Set<String>

  init(port: Int) {
    let names = ["127.0.0.1", "localhost", "[::1]"]
    var hosts = Set(names.map { "\($0):\(port)" })
    // Browsers leave the port of the scheme out.
    if port == 80 { hosts.formUnion(names) }
    self.hosts = hosts
    origins = Set(hosts.map { "http://" + $0 })
  }

  /// The answer to a request that may not be answered otherwise; nil when all is well.
  func refusal(of head: HTTPRequest) -> Answer? {
    // The first host has become the authority; a second one would be somebody's trick.
    guard !head.headerFields.contains(where: { $0.name.canonicalName == "host" }), let host = head.authority,
      hosts.contains(host.lowercased())
    else {
      return .error(.misdirectedRequest, "the request is not addressed to this viewer")
    }
    let foreign = head.headerFields[values: .origin].contains { !origins.contains($0.lowercased()) }
    guard !foreign else { return .error(.forbidden, "the request comes from another page") }
    return nil
  }

  /// The answer to a `POST` that doesn't say that it is meant.
  func refusalOfWork(_ head: HTTPRequest) -> Answer? {
    let isMeant = head.headerFields.contains {
      $0.name.canonicalName == Self.purposeField && $0.value == Self.purpose
    }
    return isMeant
      ? nil : .error(.forbidden, "a POST needs the header X-Requested-With: \(Self.purpose)")
  }
}
