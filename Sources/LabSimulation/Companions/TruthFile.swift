import LabCore
import LabJSON
import LabPrices
import LabScenario

/// The companion `X.truth.json`, format `finops-lab/truth/1`: what was put into the data. Analyzers never see it.
///
/// Every item has an id, a kind, the keys of the entity that it is about (CSV columns; none for all calls), a window and a
/// magnitude. Items of incidents name the detectors that ought to see them and the excess that the simulator expects
/// (``IncidentTruth``). Items of traffic patterns, price changes and customers who left are neutral: a detector that reports one is
/// neither right nor wrong.
struct TruthFile {
  static let format = "finops-lab/truth/1"

  private struct Item {
    var kind: String
    var entity: [EntityKey]
    var start: Instant
    var end: Instant
    var magnitude: Double?
    /// Nil for what is neutral.
    var scored: IncidentTruth?
  }

  private let blueprint: Blueprint
  private let until: Instant
  private let cancellation: CancellationFlag
  private var items: [Item] = []
  private var incidents: [IncidentTruth]

  init(_ blueprint: Blueprint, incidents: IncidentPlan, until: Instant, cancellation: CancellationFlag) {
    self.blueprint = blueprint
    self.incidents = incidents.incidents.map { IncidentTruth($0, of: incidents, blueprint: blueprint) }
    self.until = until
    self.cancellation = cancellation
  }

  /// Items between two looks at the cancellation flag: some milliseconds.
  private static let checkedItems = 1024

  /// Adds the next cycle.
  ///
  /// - Throws: ``LabFailure/cancelled``.
  mutating func add(_ cycle: Cycle) throws(LabFailure) {
    items += Self.patternItems(cycle)
    items += Self.leavingItems(cycle)
    items += Self.restartItems(cycle)
    for index in incidents.indices { try incidents[index].add(cycle, until: until, cancellation: cancellation) }
  }

  func bytes() throws(LabFailure) -> [UInt8] {
    let items = items + Self.priceItems(blueprint) + incidents.map(Self.item)
    // By time; what begins at one moment in a fixed order.
    let ordered = items.enumerated().filter { $0.element.start < until }.sorted {
      ($0.element.start, $0.element.kind, $0.offset) < ($1.element.start, $1.element.kind, $1.offset)
    }
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("format")
    writer.value(Self.format)
    writer.key("scenario")
    writer.value(blueprint.scenario.name)
    writer.key("seed")
    writer.value(blueprint.scenario.seed)
    writer.key("start")
    writer.value(blueprint.scenario.start)
    writer.key("end")
    writer.value(until)
    writer.key("items")
    writer.beginArray()
    var numbers: [String: Int] = [:]
    for (place, (_, item)) in ordered.enumerated() {
      if place % Self.checkedItems == 0 { try cancellation.check() }
      numbers[item.kind, default: 0] += 1
      var item = item
      item.end = min(item.end, until)
      Self.write(item, number: numbers[item.kind] ?? 1, into: &writer)
    }
    writer.endArray()
    writer.endObject()
    writer.endLine()
    return writer.bytes
  }

  private static func write(_ item: Item, number: Int, into writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("id")
    writer.value("\(item.kind)-\(number)")
    writer.key("kind")
    writer.value(item.kind)
    writer.key("entity")
    writer.beginObject()
    for key in item.entity {
      writer.key(key.column)
      writer.value(key.value)
    }
    writer.endObject()
    writer.key("start")
    writer.value(item.start)
    writer.key("end")
    writer.value(item.end)
    writer.key("magnitude")
    if let magnitude = item.magnitude { writer.value(magnitude) } else { writer.null() }
    writer.key("neutral")
    writer.value(item.scored == nil)
    guard let scored = item.scored else {
      writer.key("eligible")
      writer.value(false)
      writer.key("expected_excess_calls")
      writer.null()
      writer.key("expected_excess_usd")
      writer.null()
      writer.key("scored_by")
      writer.beginArray()
      writer.endArray()
      return writer.endObject()
    }
    write(scored, into: &writer)
    writer.endObject()
  }

  private static func write(_ scored: IncidentTruth, into writer: inout JSONWriter) {
    let belowFloor = scored.belowFloor
    writer.key("eligible")
    writer.value(belowFloor.count < scored.planned.scoredBy.count)
    writer.key("expected_excess_calls")
    writer.value((scored.excess.rows * 1000).rounded() / 1000)
    writer.key("expected_excess_usd")
    writer.value(Money(approximating: scored.excess.dollars))
    if let deviations = scored.greatestDeviations {
      writer.key("greatest_hour_deviations")
      writer.value((deviations * 100).rounded() / 100)
    }
    for (key, detectors) in [("scored_by", scored.planned.scoredBy), ("below_floor", belowFloor)] {
      writer.key(key)
      writer.beginArray()
      for detector in detectors { writer.value(detector.rawValue) }
      writer.endArray()
    }
  }

  private static func item(_ truth: IncidentTruth) -> Item {
    let planned = truth.planned
    return Item(
      kind: planned.kind, entity: planned.entity, start: Instant(microseconds: planned.start),
      end: Instant(microseconds: planned.end), magnitude: planned.incident.magnitude, scored: truth)
  }

  private static func patternItems(_ cycle: Cycle) -> [Item] {
    cycle.phases.flatMap { phase in
      phase.patterns.flatMap(\.traces).map {
        Item(
          kind: $0.kind, entity: $0.entity, start: phase.start + $0.start, end: phase.start + $0.end,
          magnitude: $0.magnitude)
      }
    }
  }

  private static func leavingItems(_ cycle: Cycle) -> [Item] {
    // Whose use an incident ended has the incident's item.
    cycle.people.filter { $0.reasonForLeaving != .incident }.compactMap { customer in
      customer.left.map {
        Item(
          kind: customer.reasonForLeaving.rawValue, entity: [EntityKey(column: "customer_id", value: customer.id)],
          start: $0, end: $0, magnitude: nil)
      }
    }
  }

  /// Every cycle but the first begins with the base population again, which a detector may take for a change.
  private static func restartItems(_ cycle: Cycle) -> [Item] {
    guard cycle.index > 0 else { return [] }
    return [Item(kind: "cycle_restart", entity: [], start: cycle.start, end: cycle.start, magnitude: nil)]
  }

  /// Price rows of the scenario's models that come into force after its start; the magnitude is the factor on the usual
  /// mix of three tokens of input to one of output.
  private static func priceItems(_ blueprint: Blueprint) -> [Item] {
    var items: [Item] = []
    for (entry, profile) in zip(blueprint.catalog.models, blueprint.models) where profile.priceIndex >= 0 {
      func blended(at moment: Instant) -> Double? {
        let rates = blueprint.prices.rates(of: profile.priceIndex, at: moment, tier: .standard, input: 1000)
        guard let input = rates?.price(of: .input)?.dollarsPerMillion,
          let output = rates?.price(of: .output)?.dollarsPerMillion
        else { return nil }
        return (3 * input + output) / 4
      }
      for row in blueprint.prices.models[profile.priceIndex].rows {
        guard let from = row.from, from > blueprint.scenario.start else { continue }
        var magnitude: Double?
        if let before = blended(at: Instant(microseconds: from.microseconds - 1)), let after = blended(at: from),
          before > 0
        {
          magnitude = after / before
        }
        items.append(
          Item(
            kind: "price_change",
            entity: [
              EntityKey(column: "provider", value: entry.provider), EntityKey(column: "model", value: entry.model),
            ], start: from, end: from, magnitude: magnitude))
      }
    }
    return items
  }
}
