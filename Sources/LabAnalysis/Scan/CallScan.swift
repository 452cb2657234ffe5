import LabCore
import LabTable

/// What one pass over the calls gathers, block by block. The result may not depend on how rows are grouped into blocks.
protocol CallScan: Sendable {
  mutating func add(_ block: CallBlock)
  /// Takes in what was gathered of the rows behind one's own.
  mutating func merge(_ later: Self)
}

/// A pass that asks for the price of every call at the time of the call.
protocol PricedScan: CallScan {
  /// By row of a block the number of the slot that prices it, or -1.
  var slots: ContiguousArray<Int32> { get set }
  /// Sets ``slots``.
  mutating func findSlots(_ columns: borrowing PricedColumns)
  /// The same as ``add(_:)`` with the block's columns and, in ``slots``, its prices at hand.
  mutating func add(_ block: CallBlock, _ columns: PricedColumns)
}

extension PricedScan {
  mutating func add(_ block: CallBlock) {
    let columns = PricedColumns(block)
    findSlots(columns)
    add(block, columns)
  }
}

/// A pass that someone wants: what it reads and how it begins.
struct ScanRequest<Scan: CallScan>: Sendable {
  /// Names the pass among those of a table, selection and price book.
  var key: String
  /// The key of a pass that gives all that this one gives, and more.
  var fuller: String?
  var columns: [UsageColumn]
  var begin: @Sendable () -> Scan

  init(key: String, fuller: String? = nil, columns: [UsageColumn], begin: @escaping @Sendable () -> Scan) {
    self.key = key
    self.fuller = fuller
    self.columns = columns
    self.begin = begin
  }
}

/// A request for a pass of any kind, so that several can be made in one.
public struct JointRequest: Sendable {
  let key: String
  let fuller: String?
  let columns: [UsageColumn]
  let begin: @Sendable () -> any CallScan
  /// Whether whoever asks makes the pass alone, since its tables would push those of others out of a core's cache: then the
  /// request only tells others that there will be one.
  let isAlone: Bool

  init<Scan>(_ request: ScanRequest<Scan>, isAlone: Bool = false) {
    self.isAlone = isAlone
    key = request.key
    fuller = request.fuller
    columns = request.columns
    let begin = request.begin
    self.begin = { begin() }
  }
}

/// Several passes in one reading of the calls: each block is unpacked once for all of them.
struct JointScan: CallScan {
  private var scans: [any CallScan]
  /// Those that want prices: the first finds them for all, since all have the table's price book.
  private var priced: [any PricedScan] = []
  /// By request whether its scan is the next of ``priced``, else of ``scans``.
  private let isPriced: [Bool]

  init(_ requests: [JointRequest]) {
    scans = requests.map { $0.begin() }
    isPriced = scans.map { $0 is any PricedScan }
    priced = scans.compactMap { $0 as? any PricedScan }
    scans.removeAll { $0 is any PricedScan }
  }

  mutating func add(_ block: CallBlock) {
    if !priced.isEmpty {
      let columns = PricedColumns(block)
      priced[0].findSlots(columns)
      for index in priced.indices {
        if index > 0 { priced[index].slots = priced[0].slots }
        priced[index].add(block, columns)
      }
      // The first alone has them again, so that it writes the next without a copy.
      for index in priced.indices.dropFirst() { priced[index].slots = [] }
    }
    for index in scans.indices { scans[index].add(block) }
  }

  mutating func merge(_ later: JointScan) {
    for index in scans.indices { Self.merge(&scans[index], later.scans[index]) }
    for index in priced.indices { Self.merge(&priced[index], later.priced[index]) }
  }

  private static func merge<Scan: CallScan>(_ own: inout Scan, _ later: any CallScan) {
    if let later = later as? Scan { own.merge(later) }
  }

  /// What each of the requests asked for, in their order.
  consuming func finished() -> [any CallScan] {
    var (scans, priced) = (scans[...], priced[...])
    return isPriced.map { $0 ? priced.removeFirst() : scans.removeFirst() }
  }
}

extension AnalysisContext {
  /// The result of a pass over the selected calls: that of ``joinPasses(_:over:)`` when it was among them.
  func pass<Scan>(_ request: ScanRequest<Scan>, over calls: CallTable) throws(AnalysisError) -> Scan {
    if let made = shared.takePass(request.key) as? Scan { return made }
    return try scanning { () throws(LabFailure) in
      try calls.fold(
        reading: request.columns, where: selection, scan, from: request.begin, { $0.add($1) }, merge: { $0.merge($1) })
    }
  }

  /// Makes several passes at once, for those who will ask for them, but for those whose result is shared already or part of
  /// another's, and announces those that are made alone.
  func joinPasses(_ requests: [JointRequest], over calls: CallTable) throws(AnalysisError) {
    var wanted: [JointRequest] = []
    shared.announce(requests.filter(\.isAlone).map(\.key))
    for request in requests
    where !request.isAlone && !wanted.contains(where: { $0.key == request.key }) && !shared.has(request.key) {
      if let fuller = request.fuller, requests.contains(where: { $0.key == fuller }) || shared.has(fuller) { continue }
      wanted.append(request)
    }
    guard wanted.count > 1 else { return }
    let columns = Set(wanted.flatMap(\.columns)).sorted { $0.rawValue < $1.rawValue }
    let joint = ScanRequest(key: "joint", columns: columns) { [wanted] in JointScan(wanted) }
    for (request, scan) in zip(wanted, try pass(joint, over: calls).finished()) {
      shared.keepPass(scan, as: request.key)
    }
  }
}
