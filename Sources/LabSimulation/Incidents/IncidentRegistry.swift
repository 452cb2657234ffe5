import LabScenario

/// The incident kinds, sorted by id; a test holds the order.
public enum IncidentRegistry {
  static let all: [any Incident.Type] = [
    Decline.self,
    LatencyIncident.self,
    Outage.self,
    PromptFlood.self,
    RateJump.self,
    RetryStorm.self,
    Scraper.self,
    SeatSharing.self,
    StolenKey.self,
  ]

  public static var descriptors: [IncidentDescriptor] { all.map { $0.descriptor } }

  /// The kind that a setting names, or nil when there is none of that id.
  static func kind(_ id: String) -> (any Incident.Type)? { all.first { $0.descriptor.id == id } }
}
