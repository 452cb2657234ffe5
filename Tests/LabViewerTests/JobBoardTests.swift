import Glibc
import LabCore
import Synchronization
import Testing

@testable import LabViewer

@Suite struct JobBoardTests {
  private let clock = TestClock()

  private func board(_ limits: ViewerLimits = ViewerLimits()) -> JobBoard {
    let log = ActivityLog(now: { [clock] in clock.now }, sink: { _ in })
    return JobBoard(limits: limits, log: log, now: { [clock] in clock.now })
  }

  /// Work that ends when its flag is raised.
  private let untilStopped: JobBoard.Work = { handle throws(LabFailure) in
    while true {
      try handle.cancellation.check()
      usleep(1000)
    }
  }

  private func stop(_ board: JobBoard) { #expect(board.finish(grace: 0), "all threads end") }

  @Test func `five analyzers run at once and the others wait in order`() throws {
    let board = board()
    for index in 0..<8 { _ = try board.submit(.analyze, "a\(index)", untilStopped).get() }
    _ = try board.submit(.simulate, "s", untilStopped).get()
    #expect(board.jobs.filter { $0.status == .running }.map(\.subject) == ["a0", "a1", "a2", "a3", "a4", "s"])
    #expect(board.cancel("2") == true)
    waitFor("the next") { board.jobs.first { $0.subject == "a5" }?.status == .running }
    #expect(board.jobs.first { $0.subject == "a6" }?.status == .queued)
    stop(board)
    #expect(board.jobs.allSatisfy { $0.status == .cancelled })
  }

  @Test func `a hundred jobs wait, and no more are taken`() throws {
    let board = board()
    for index in 0..<105 { _ = try board.submit(.analyze, "a\(index)", untilStopped).get() }
    guard case .failure(.queueFull) = board.submit(.analyze, "one more", untilStopped) else {
      Issue.record("the queue has no end")
      return stop(board)
    }
    stop(board)
    guard case .failure(.ending) = board.submit(.analyze, "late", untilStopped) else {
      Issue.record("an ended board took a job")
      return
    }
  }

  @Test func `an analyzer that takes longer than five minutes is stopped and says so`() throws {
    let board = board()
    let id = try board.submit(.analyze, "slow", untilStopped).get()
    clock.advance(seconds: 300)
    board.stopOverdue()
    #expect(board.jobs.first?.status == .running, "five minutes are allowed")
    clock.advance(seconds: 1)
    board.stopOverdue()
    let job = try #require(board.jobs.first { $0.id == id })
    #expect(job.status == .timeout)
    #expect(job.error == "it took longer than 5 min 00 s")
    #expect(board.lastAnalyses["slow"]?.status == .timeout)
    #expect(!board.isActive(.analyze))
    stop(board)
  }

  @Test func `an overdue thread that hasn't ended keeps its place`() throws {
    var limits = ViewerLimits()
    limits.analyzersAtOnce = 1
    let board = board(limits)
    let gate = CancellationFlag()
    _ = try board.submit(.analyze, "deaf") { _ throws(LabFailure) in while !gate.isRaised { usleep(1000) } }.get()
    _ = try board.submit(.analyze, "next", untilStopped).get()
    clock.advance(seconds: 301)
    board.stopOverdue()
    #expect(board.jobs.map(\.status) == [.timeout, .queued])
    gate.raise()
    waitFor("its place") { board.jobs.last?.status == .running }
    stop(board)
  }

  @Test func `the end waits for analyses, stops simulations at once, and drops what waits`() throws {
    let board = board()
    let ended = Mutex<[String]>([])
    _ = try board.submit(.analyze, "analysis") { _ throws(LabFailure) in
      usleep(200_000)
      ended.withLock { $0.append("analysis") }
    }.get()
    _ = try board.submit(.simulate, "simulation", untilStopped).get()
    _ = try board.submit(.simulate, "waiting", untilStopped).get()
    #expect(board.finish(grace: 10))
    #expect(ended.withLock { $0 } == ["analysis"])
    #expect(board.jobs.map(\.status) == [.complete, .cancelled, .cancelled])
  }

  @Test func `finished jobs are forgotten in time, running ones never`() throws {
    var limits = ViewerLimits()
    limits.keptJobs = 3
    let board = board(limits)
    _ = try board.submit(.simulate, "long", untilStopped).get()
    for index in 0..<10 {
      let id = try board.submit(.load, "l\(index)") { _ throws(LabFailure) in }.get()
      waitFor("its end") { board.jobs.first { $0.id == id }?.status.isOver ?? true }
    }
    waitFor("the trim") { board.jobs.count <= 4 }
    #expect(board.jobs.map(\.subject) == ["long", "l7", "l8", "l9"])
    stop(board)
  }

  @Test func `the end of the last analysis is told once, whether it ran or was cancelled`() throws {
    let board = board()
    let calls = Atomic(0)
    board.observe(JobBoard.Observer(analysesEnded: { calls.add(1, ordering: .relaxed) }))
    _ = try board.submit(.analyze, "a", untilStopped).get()
    let second = try board.submit(.analyze, "b", untilStopped).get()
    #expect(board.cancel("1") == true)
    waitFor("the first") { board.jobs.first?.status == .cancelled }
    #expect(calls.load(ordering: .relaxed) == 0)
    #expect(board.cancel(second) == true)
    waitFor("the second") { calls.load(ordering: .relaxed) == 1 }
    stop(board)
  }
}
