import LabScenario

/// The reference of the incident kinds, `docs/incidents.md`, made from their descriptors.
public enum IncidentReference {
  public static func markdown() -> String {
    var text = """
      # Incidents

      Made from the incident kinds' descriptors; a test holds this page and the program together.

      An incident is something that goes wrong, put into the data on purpose for detectors to find: one entry of the
      scenario's `incidents`, such as `{ "kind": "outage", "at": "18d", "provider": "openai" }`. Its time counts from the
      scenario's start, across phases and cycles, and it happens once. What the scenario leaves open is drawn from its seed.
      Where it struck, and how much it added, stands in `X.truth.json` beside the data; analyzers never see that file.

      """
    for kind in IncidentRegistry.all { text += "\n" + section(kind) }
    return text
  }

  private static func section(_ kind: any Incident.Type) -> String {
    let descriptor = kind.descriptor
    var text = "## `\(descriptor.id)`\n\n\(descriptor.summary).\n\n"
    let detectors = kind.scoredBy.map { "`\($0.rawValue)`" }.joined(separator: ", ")
    text += "Scored by \(detectors). Its item in the truth names \(entity(kind)).\n\n"
    text += "| Parameter | Meaning | Default |\n|---|---|---|\n"
    for parameter in descriptor.parameters { text += PatternReference.row(parameter) }
    return text
  }

  private static func entity(_ kind: any Incident.Type) -> String {
    var columns =
      switch kind.subject {
      case .customer, .customerOfCheapestTier: ["customer_id"]
      case .feature: ["feature_id"]
      case .provider: ["provider"]
      case .providerInRegion: ["provider", "region"]
      }
    // A single client calls one model from one region, and who watches providers sees it there.
    if let calls = kind.init(Setting(id: kind.descriptor.id)).extraCalls, case .one = calls.models {
      columns += ["provider", "region"]
    }
    let names = columns.map { "`\($0)`" }
    return names.count < 3
      ? names.joined(separator: " and ") : names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
  }
}
