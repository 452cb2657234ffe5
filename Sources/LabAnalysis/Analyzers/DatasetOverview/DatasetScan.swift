import LabCore
import LabPrices
import LabTable

/// The pass over the calls that ``DatasetOverview`` makes beside ``CallGroups``: each part looks at a block after the other.
struct DatasetScan: CallScan {
  /// Which parts have their columns.
  struct Plan: Sendable {
    var presence: [CustomerPresence]
    var tokenAudit: TokenAudit
    var tierPrices: TierPriceAudit?
    var gaps: CustomerGaps?
  }

  private(set) var presence: [CustomerPresence]
  private(set) var tokenAudit: TokenAudit
  private(set) var tierPrices: TierPriceAudit?
  private(set) var gaps: CustomerGaps?
  private var keys = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)

  init(_ plan: Plan) {
    presence = plan.presence
    tokenAudit = plan.tokenAudit
    tierPrices = plan.tierPrices
    gaps = plan.gaps
  }

  mutating func add(_ block: CallBlock) {
    for index in presence.indices { presence[index].add(block, keys: &keys) }
    tokenAudit.add(block)
    tierPrices?.add(block)
    gaps?.add(block)
  }

  mutating func merge(_ other: DatasetScan) {
    for index in presence.indices { presence[index].merge(other.presence[index]) }
    tokenAudit.merge(other.tokenAudit)
    if let audit = other.tierPrices { tierPrices?.merge(audit) }
    if let later = other.gaps { gaps?.merge(later) }
  }
}
