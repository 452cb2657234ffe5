import LabCore
import LabScenario
import LabTable

/// The customers of a cycle as columns: what the loop over a slot's customers reads, and what a call of one needs.
struct CustomerTable: Sendable {
  /// Clusters of calls per hour at factor 1.
  private(set) var clusterRates: ContiguousArray<Double> = []
  /// Calls per hour at factor 1.
  private(set) var rates: ContiguousArray<Double> = []
  private(set) var regions: ContiguousArray<Int> = []
  private(set) var organizations: ContiguousArray<Int> = []
  /// Use begins and ends, in microseconds since 1970; an end of `.max` is none.
  private(set) var joined: ContiguousArray<Int64> = []
  private(set) var left: ContiguousArray<Int64> = []
  private(set) var details: ContiguousArray<Detail> = []
  /// Tiers in force, by customer and time.
  private(set) var tierPeriods: ContiguousArray<TierPeriod> = []
  /// All texts that rows of the cycle name.
  private(set) var fields: UsageFieldPool

  /// What a call of a customer needs.
  struct Detail: Sendable {
    var organization: FieldID
    var customer: FieldID
    var archetype: FieldID
    var region: Int
    /// −1 for none.
    var secondRegion: Int
    var firstTierPeriod: Int
    var tierPeriodCount: Int
    var sessions: SessionModel
    var inputSize: Double
    var outputSize: Double
  }

  struct TierPeriod: Sendable {
    var from: Int64
    var tier: FieldID
    var price: FieldID
  }

  var count: Int { rates.count }

  /// Work between two looks at the cancellation flag, in customers: some milliseconds.
  private static let checkedCustomers = 4096

  /// - Throws: ``LabFailure/cancelled``.
  init(_ customers: [Customer], blueprint: Blueprint, cancellation: CancellationFlag) throws(LabFailure) {
    fields = blueprint.fields
    let population = blueprint.scenario.population
    for customer in customers {
      if count % Self.checkedCustomers == 0 { try cancellation.check() }
      let sessions = SessionModel(blueprint.scenario.traffic, rate: customer.rate)
      rates.append(customer.rate)
      clusterRates.append(customer.rate / sessions.callsPerCluster)
      regions.append(customer.region)
      organizations.append(customer.organization)
      joined.append(customer.joined.microseconds)
      left.append(customer.left?.microseconds ?? .max)
      details.append(
        Detail(
          organization: blueprint.organizationFields[customer.organization], customer: fields.intern(customer.id),
          archetype: blueprint.archetypeFields[customer.archetype], region: customer.region,
          secondRegion: customer.secondRegion ?? -1, firstTierPeriod: tierPeriods.count,
          tierPeriodCount: customer.tiers.count, sessions: sessions, inputSize: customer.inputSize,
          outputSize: customer.outputSize))
      for period in customer.tiers {
        tierPeriods.append(
          TierPeriod(
            from: period.from.microseconds, tier: fields.intern(population.tiers[period.tier].id),
            price: fields.intern(population.tiers[period.tier].monthlyPrice)))
      }
    }
  }

  /// The tier in force for a customer at a moment.
  @inline(__always)
  func tierPeriod(of detail: Detail, at microseconds: Int64) -> TierPeriod {
    var index = detail.firstTierPeriod + detail.tierPeriodCount - 1
    while index > detail.firstTierPeriod, tierPeriods[index].from > microseconds { index -= 1 }
    return tierPeriods[index]
  }
}
