import Foundation
import LabCore
import LabFiles
import LabPipeline
import LabTable
import LabTestSupport
import Testing

@testable import LabViewer

@Suite struct GrowthWatchTests {
  private let start = TestClock().now
  private func sight(_ bytes: Int64, inode: UInt64 = 1, final: Bool = false) -> GrowthWatch.Sight {
    GrowthWatch.Sight(device: 1, inode: inode, bytes: bytes, isFinal: final)
  }

  @Test func `it looks every ten seconds`() {
    var watch = GrowthWatch()
    #expect(watch.isDue(start))
    _ = watch.look(at: sight(0), now: start)
    #expect(!watch.isDue(start + .seconds(9)))
    #expect(watch.isDue(start + .seconds(10)))
  }

  @Test func `five megabytes and half a minute make an analysis`() {
    var watch = GrowthWatch()
    watch.noteRead(sight(1_000_000), at: start)
    #expect(watch.look(at: sight(9_000_000), now: start + .seconds(29)) == .nothing, "too soon")
    #expect(watch.look(at: sight(5_999_999), now: start + .seconds(30)) == .startAnew(.shrunk))
    watch = GrowthWatch()
    watch.noteRead(sight(1_000_000), at: start)
    #expect(watch.look(at: sight(5_999_999), now: start + .seconds(40)) == .nothing, "too little")
    #expect(watch.look(at: sight(6_000_000), now: start + .seconds(50)) == .analyse)
    #expect(watch.look(at: sight(20_000_000), now: start + .seconds(60)) == .nothing, "ten seconds later")
    #expect(watch.look(at: sight(20_000_000), now: start + .seconds(80)) == .analyse)
  }

  @Test func `a file that was never read is analysed while it grows, and waits to be asked for when it rests`() {
    var watch = GrowthWatch()
    #expect(watch.look(at: sight(4_999_999), now: start) == .nothing)
    #expect(watch.look(at: sight(5_000_000), now: start + .seconds(10)) == .analyse)
    var resting = GrowthWatch()
    #expect(resting.look(at: sight(50_000_000, final: true), now: start) == .nothing)
    #expect(resting.look(at: sight(50_000_000, final: true), now: start + .seconds(60)) == .nothing)
  }

  @Test func `a run that ends is analysed once more, however little it added`() {
    var watch = GrowthWatch()
    _ = watch.look(at: sight(6_000_000), now: start)
    #expect(watch.look(at: sight(6_000_100, final: true), now: start + .seconds(31)) == .analyse)
    #expect(watch.look(at: sight(6_000_100, final: true), now: start + .seconds(90)) == .nothing)
    var small = GrowthWatch()
    #expect(small.look(at: sight(100), now: start) == .nothing)
    #expect(small.look(at: sight(200, final: true), now: start + .seconds(10)) == .analyse)
  }

  @Test func `another file, a shorter one and a missing one start anew`() {
    var watch = GrowthWatch()
    watch.noteRead(sight(9_000_000, final: true), at: start)
    #expect(watch.look(at: sight(9_000_000, inode: 2, final: true), now: start + .seconds(10)) == .startAnew(.replaced))
    #expect(
      watch.look(at: sight(9_000_000, inode: 2, final: true), now: start + .seconds(20)) == .analyse, "the new one")
    #expect(watch.look(at: sight(8_000_000, inode: 2, final: true), now: start + .seconds(60)) == .startAnew(.shrunk))
    #expect(watch.look(at: nil, now: start + .seconds(70)) == .startAnew(.gone))
    #expect(watch.look(at: nil, now: start + .seconds(80)) == .nothing, "said once")
  }
}

@Suite struct DataKeeperTests {
  private let folder: TemporaryFolder
  private let keeper: DataKeeper
  private let log: ActivityLog
  private let environment = Desk.environment()

  init() throws {
    folder = try TemporaryFolder("viewer")
    log = ActivityLog(now: systemTime, sink: { _ in })
    keeper = DataKeeper(folders: try ViewerFolders(folder.path), log: log, now: systemTime)
  }

  private func append(_ text: String, to name: String) throws {
    let handle = try FileHandle.creating(folder.file(name), keeping: true)
    try handle.seek(to: try handle.status().size)
    try handle.write(Array(text.utf8))
  }

  /// A table as one that is loaded from scratch.
  private func expectAsNew(_ snapshot: DataKeeper.Snapshot, _ path: String) throws {
    var request = DataRequest(path: folder.file(path))
    request.isOurs = path.hasSuffix(".part")
    let fresh = try environment.load(request)
    #expect(snapshot.data.facts.rows == fresh.facts.rows)
    #expect(snapshot.data.facts.fingerprint == fresh.facts.fingerprint)
    #expect(snapshot.totals == (try environment.totals(of: fresh)))
  }

  @Test func `a growing part is read by what it grew, a torn last line is waited for`() throws {
    let text = SampleUsage.header + SampleUsage.rows(20)
    try folder.write(text + "2026-01-05T00:20:00.0000", to: "x.csv.part")
    keeper.choose("x.csv")
    let first = try keeper.current(in: environment)
    #expect(first.totals.calls == 20)
    #expect(log.last(1).first?.text.contains("not finished") == true)
    // The rest of the torn line, and ten more.
    let rest = SampleUsage.rows(11, from: 20).dropFirst("2026-01-05T00:20:00.0000".count)
    try append(String(rest), to: "x.csv.part")
    let second = try keeper.current(in: environment)
    #expect(second.totals.calls == 31 && second.data.facts.rejectedRows == 0)
    #expect(second.version > first.version)
    try expectAsNew(second, "x.csv.part")
    #expect(try keeper.current(in: environment).version == second.version, "nothing new, nothing read")
  }

  @Test func `a part that takes its final name is not read again`() throws {
    try folder.write(SampleUsage.header + SampleUsage.rows(20), to: "x.csv.part")
    keeper.choose("x.csv")
    _ = try keeper.current(in: environment)
    try append(SampleUsage.rows(5, from: 20), to: "x.csv.part")
    #expect(folder.rename("x.csv.part", to: "x.csv"))
    let final = try keeper.current(in: environment)
    #expect(final.totals.calls == 25)
    #expect(final.data.facts.path.hasSuffix("x.csv"))
    try expectAsNew(final, "x.csv")
    #expect(!log.last(10).contains { $0.text.contains("anew") })
  }

  @Test func `a replaced and a shorter file are read from their start, with a word in the log`() throws {
    try folder.write(SampleUsage.header + SampleUsage.rows(20), to: "x.csv")
    keeper.choose("x.csv")
    #expect(try keeper.current(in: environment).totals.calls == 20)
    _ = keeper.look(now: systemTime())
    // Another file under the same name.
    try FileSystem.replace(folder.file("x.csv"), with: Array((SampleUsage.header + SampleUsage.rows(40)).utf8))
    #expect(keeper.look(now: systemTime() + .seconds(10)) == .startAnew(.replaced))
    #expect(keeper.known.snapshot == nil)
    #expect(log.last(1).first?.text == "x.csv was replaced; the analysis starts anew")
    #expect(try keeper.current(in: environment).totals.calls == 40)
    // The same file, cut.
    try FileHandle.creating(folder.file("x.csv")).write(Array((SampleUsage.header + SampleUsage.rows(7)).utf8))
    #expect(keeper.look(now: systemTime() + .seconds(20)) == .startAnew(.shrunk))
    #expect(log.last(1).first?.text == "x.csv has become shorter; the analysis starts anew")
    #expect(try keeper.current(in: environment).totals.calls == 7)
  }

  @Test func `a file that was rewritten in place with more bytes is found out`() throws {
    try folder.write(SampleUsage.header + SampleUsage.rows(3), to: "x.csv")
    keeper.choose("x.csv")
    _ = try keeper.current(in: environment)
    let other = "note," + SampleUsage.header + SampleUsage.rows(9).replacing("2026-", with: "n,2026-")
    try FileHandle.creating(folder.file("x.csv")).write(Array(other.utf8))
    #expect(try keeper.current(in: environment).totals.calls == 9)
    #expect(log.last(5).contains { $0.text.contains("read anew") })
  }

  @Test func `results of another file are not kept`() throws {
    try folder.write(SampleUsage.header + SampleUsage.rows(3), to: "a.csv")
    try folder.write(SampleUsage.header + SampleUsage.rows(4), to: "b.csv")
    keeper.choose("a.csv")
    let old = try keeper.current(in: environment)
    let results = try environment.analyse(old.data)
    keeper.choose("b.csv")
    for result in results { keeper.keep(result, version: old.version) }
    #expect(keeper.known.results.isEmpty)
    #expect(try keeper.current(in: environment).totals.calls == 4)
  }
}
