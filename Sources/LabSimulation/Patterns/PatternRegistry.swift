import LabScenario

/// The traffic patterns, sorted by id; a test holds the order.
public enum PatternRegistry {
  public static let all: [any TrafficPattern.Type] = [
    BaseTraffic.self,
    BurstTraffic.self,
    CostOptimization.self,
    FeatureLaunch.self,
    GradualDecline.self,
    ModelMigration.self,
    MultiTenant.self,
    SeasonalTraffic.self,
    SteadyGrowth.self,
    TimezoneTraffic.self,
    ViralSpike.self,
    WeekendTraffic.self,
  ]

  public static var descriptors: [PatternDescriptor] { all.map { $0.descriptor } }

  /// The pattern that a setting names, or nil when there is none of that id.
  static func make(_ setting: Setting, in phase: PhaseContext) -> (any TrafficPattern)? {
    all.first { $0.descriptor.id == setting.id }?.init(setting, in: phase)
  }
}
