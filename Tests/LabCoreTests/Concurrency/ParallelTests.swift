import Glibc
import LabCore
import Synchronization
import Testing

private struct Failure: Error, Equatable { var index: Int }

@Suite struct ParallelMapTests {
  @Test(arguments: [-1, 0, 1, 2, 8, 100])
  func `results stand in order at any width`(width: Int) {
    let results = Parallel.map(count: 1000, width: width) { index in
      if index % 97 == 0 { usleep(500) }
      return index * index
    }
    #expect(results == (0..<1000).map { $0 * $0 })
    #expect(Parallel.map(count: 0, width: width) { $0 }.isEmpty)
    #expect(Parallel.map(count: -5, width: width) { $0 }.isEmpty)
  }

  @Test func `optional results keep their nils`() {
    let results: [Int?] = Parallel.map(count: 10, width: 3) { $0 % 2 == 0 ? $0 : nil }
    #expect(results == [0, nil, 2, nil, 4, nil, 6, nil, 8, nil])
  }

  @Test(arguments: [1, 2, 8])
  func `the error of the lowest index is thrown, as a serial loop would`(width: Int) {
    for _ in 0..<20 {
      #expect(throws: Failure(index: 13)) {
        try Parallel.map(count: 500, width: width) { index throws(Failure) -> Int in
          // A later failure comes first in time.
          if index == 13 { usleep(1000) }
          if index >= 13, index % 2 == 1 { throw Failure(index: index) }
          return index
        }
      }
    }
  }

  @Test func `after an error no new call starts`() {
    let calls = Atomic<Int>(0)
    _ = try? Parallel.map(count: 100_000, width: 4) { index throws(Failure) -> Int in
      calls.add(1, ordering: .relaxed)
      if index == 10 { throw Failure(index: index) }
      usleep(50)
      return index
    }
    #expect(calls.load(ordering: .relaxed) < 1000)
  }

  @Test func `at most as many calls run at once as the width says`() {
    let running = Atomic<Int>(0)
    let most = Atomic<Int>(0)
    _ = Parallel.map(count: 60, width: 3) { _ in
      let now = running.add(1, ordering: .sequentiallyConsistent).newValue
      most.max(now, ordering: .sequentiallyConsistent)
      usleep(1000)
      running.subtract(1, ordering: .sequentiallyConsistent)
    }
    #expect((2...3).contains(most.load(ordering: .relaxed)))
  }

  @Test func `a raised flag ends the work with its error`() {
    let flag = CancellationFlag()
    let done = Atomic<Int>(0)
    let failure = #expect(throws: LabFailure.self) {
      try Parallel.map(count: 100_000, width: 2) { index throws(LabFailure) -> Int in
        try flag.check()
        if done.add(1, ordering: .relaxed).newValue == 50 { flag.raise(reason: 2) }
        return index
      }
    }
    #expect(failure?.kind == .cancelled)
    #expect(flag.reason == 2)
    flag.raise(reason: 15)
    #expect(flag.reason == 2, "the first reason stays")
    #expect(done.load(ordering: .relaxed) < 100)
  }
}

@Suite struct ParallelPipelineTests {
  @Test(arguments: [1, 2, 8])
  func `items are consumed in order until the producer ends`(width: Int) {
    var consumed: [Int] = []
    Parallel.pipeline(width: width, inFlight: 4) { index in
      if index % 13 == 0 { usleep(300) }
      return index < 500 ? index : nil
    } consume: { index, item in
      #expect(index == item)
      consumed.append(item)
      return true
    }
    #expect(consumed == Array(0..<500))
  }

  @Test(arguments: [1, 2, 8])
  func `the consumer can stop it`(width: Int) {
    var consumed = 0
    Parallel.pipeline(width: width, inFlight: 4) {
      $0
    } consume: { index, _ in
      consumed += 1
      return index < 41
    }
    #expect(consumed == 42)
  }

  @Test func `no more items are made ahead than the bound`() {
    let made = Atomic<Int>(0)
    let consumed = Atomic<Int>(0)
    let most = Atomic<Int>(0)
    Parallel.pipeline(width: 2, inFlight: 5) { index -> Int? in
      let ahead =
        made.add(1, ordering: .sequentiallyConsistent).newValue - consumed.load(ordering: .sequentiallyConsistent)
      most.max(ahead, ordering: .sequentiallyConsistent)
      return index < 200 ? index : nil
    } consume: { _, _ in
      usleep(200)
      consumed.add(1, ordering: .sequentiallyConsistent)
      return true
    }
    // Five made ahead, and the one that is being consumed.
    #expect(most.load(ordering: .relaxed) <= 6)
    #expect(most.load(ordering: .relaxed) >= 3)
  }

  @Test(arguments: [1, 2, 8])
  func `an error stops the work after the items before it`(width: Int) {
    var consumed: [Int] = []
    #expect(throws: Failure(index: 20)) {
      try Parallel.pipeline(width: width, inFlight: 8) { index throws(Failure) -> Int? in
        if index >= 20 { throw Failure(index: index) }
        return index
      } consume: { _, item throws(Failure) -> Bool in
        consumed.append(item)
        return true
      }
    }
    #expect(consumed == Array(0..<20))
    #expect(throws: Failure(index: 7)) {
      try Parallel.pipeline(width: width, inFlight: 8) { index throws(Failure) -> Int? in
        index
      } consume: { index, _ throws(Failure) -> Bool in
        if index == 7 { throw Failure(index: index) }
        return true
      }
    }
  }
}
