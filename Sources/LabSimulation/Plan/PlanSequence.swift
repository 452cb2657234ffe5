import LabCore
import LabScenario
import Synchronization

/// The plans of the cycles, made when they are needed, and the place of every shard in them.
final class PlanSequence: Sendable {
  private let blueprint: Blueprint
  private let base: Population
  private let incidents: IncidentPlan
  private let cancellation: CancellationFlag
  /// Producers are at most this many shards apart.
  private let keptShards: Int
  private let repeats: Bool
  private let state: Mutex<State>

  private struct State: Sendable {
    /// The latest plans, with the number of each one's first shard.
    var entries: [(plan: CyclePlan, firstShard: Int)]
    var failure: LabFailure?
  }

  /// - Parameter keptShards: producers are at most so many shards apart; plans further back are dropped.
  init(
    _ blueprint: Blueprint, base: Population, incidents: IncidentPlan, first: CyclePlan, keptShards: Int,
    cancellation: CancellationFlag
  ) {
    self.blueprint = blueprint
    self.base = base
    self.incidents = incidents
    self.keptShards = keptShards
    self.cancellation = cancellation
    repeats = blueprint.scenario.repeatUntil != nil
    state = Mutex(State(entries: [(first, 0)]))
  }

  /// The plan that a shard of the run belongs to and the shard's number in it; nil behind the last of a run that does not
  /// repeat.
  func locate(_ shard: Int) throws(LabFailure) -> (plan: CyclePlan, shard: Int)? {
    let found = state.withLock { state -> Result<(CyclePlan, Int)?, LabFailure> in
      if let failure = state.failure { return .failure(failure) }
      while let last = state.entries.last, shard >= last.firstShard + last.plan.shards.count {
        guard repeats else { return .success(nil) }
        do throws(LabFailure) {
          let next = try CyclePlan(
            blueprint, base: base, incidents: incidents, cycle: last.plan.index + 1, start: last.plan.end,
            firstSlotNumber: last.plan.firstSlotNumber + UInt64(last.plan.slots.count), cancellation: cancellation)
          state.entries.append((next, last.firstShard + last.plan.shards.count))
        } catch {
          state.failure = error
          return .failure(error)
        }
      }
      state.entries.removeAll { $0.firstShard + $0.plan.shards.count + keptShards < shard }
      guard let entry = state.entries.last(where: { $0.firstShard <= shard }) else { return .success(nil) }
      return .success((entry.plan, shard - entry.firstShard))
    }
    return try found.get()
  }
}
