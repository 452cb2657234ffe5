import LabCore
import LabFiles
import LabPipeline
import LabTable
import LabTestSupport
import Testing

@Suite struct UsageFileWriterTests {
  private let rows =
    UsageRowEncoder().header
    + Array(
      (0..<2000).map { "row \($0) of a file that is long enough to be cut anywhere\n" }.joined().utf8)

  private func identity(_ seed: String = "a") -> RunIdentity {
    RunIdentity(
      scenario: Fingerprint.of(seed), prices: Fingerprint.of("p"), binary: Fingerprint.of("b"), target: "14d")
  }

  private func writer(
    _ paths: UsageFilePaths, seed: String = "a", resume: Bool = false
  ) throws(LabFailure) -> UsageFileWriter {
    try UsageFileWriter(paths: paths, identity: identity(seed), resume: resume, synchronises: false, sha256: false)
  }

  /// Writes `content` in pieces and gives every file its final name.
  private func complete(_ writer: UsageFileWriter, _ content: [UInt8]) throws {
    var position = 0
    while position < content.count {
      let end = min(position + 777, content.count)
      try writer.write(content.span.extracting(position..<end))
      position = end
    }
    try writer.finish(companions: [(writer.paths.truth, Array("{}".utf8))], run: Array("run".utf8))
  }

  @Test func `a finished file has its companions and record and leaves no part and no lock`() throws {
    let folder = try TemporaryFolder()
    let paths = UsageFilePaths(data: folder.path + "/new/x.csv")
    do {
      let writer = try writer(paths)
      #expect(FileSystem.exists(paths.part) && FileSystem.exists(paths.runPart) && FileSystem.exists(paths.lock))
      #expect(!FileSystem.exists(paths.data))
      try complete(writer, rows)
    }
    #expect(try FileSystem.read(paths.data) == rows)
    #expect(try FileSystem.names(in: folder.path + "/new") == ["x.csv", "x.run.json", "x.truth.json"])
  }

  @Test func `a second writer of the same file is refused while the first one works`() throws {
    let folder = try TemporaryFolder()
    let paths = UsageFilePaths(data: folder.path + "/x.csv")
    let first = try writer(paths)
    #expect { _ = try writer(paths) } throws: { ($0 as? LabFailure)?.kind == .locked }
    try complete(first, rows)
  }

  @Test(arguments: [0, 1, 776, 777, 778, 50_000])
  func `a resumed file has the bytes of an unbroken one wherever it was cut`(
    cut: Int
  ) throws {
    let folder = try TemporaryFolder()
    let paths = UsageFilePaths(data: folder.path + "/x.csv")
    do {
      let writer = try writer(paths)
      try writer.write(rows.span.extracting(0..<cut))
    }
    let resumed = try writer(paths, resume: true)
    try complete(resumed, rows)
    #expect(resumed.resumedBytes == Int64(cut))
    #expect(try FileSystem.read(paths.data) == rows)
    #expect(resumed.hashes.fingerprint == Fingerprint.of(rows))
  }

  @Test func `a damaged part is cut at the damage and a longer one at the end`() throws {
    let folder = try TemporaryFolder()
    let paths = UsageFilePaths(data: folder.path + "/x.csv")
    do {
      let writer = try writer(paths)
      var damaged = rows + Array("more than there should be".utf8)
      damaged[40_000] = 0
      try writer.write(damaged.span)
    }
    do {
      let resumed = try writer(paths, resume: true)
      try complete(resumed, rows)
      #expect(resumed.resumedBytes == 40_000)
    }
    #expect(try FileSystem.read(paths.data) == rows)

    do {
      let writer = try writer(paths)
      try writer.write((rows + Array("tail".utf8)).span)
    }
    try complete(try writer(paths, resume: true), rows)
    #expect(try FileSystem.read(paths.data) == rows)
  }

  @Test func `a part of another run can't be resumed and stays as it is`() throws {
    let folder = try TemporaryFolder()
    let paths = UsageFilePaths(data: folder.path + "/x.csv")
    do {
      let writer = try writer(paths)
      try writer.write(rows.span)
    }
    #expect { _ = try writer(paths, seed: "another", resume: true) } throws: { error in
      (error as? LabFailure)?.kind == .invalidInput
        && (error as? LabFailure)?.diagnostics.first?.code == "resume_mismatch"
    }
    #expect(try FileSystem.read(paths.part) == rows)
  }

  @Test func `a folder in place of the file is refused`() throws {
    let folder = try TemporaryFolder()
    let paths = UsageFilePaths(data: folder.path)
    #expect { _ = try writer(paths) } throws: { ($0 as? LabFailure)?.kind == .cannotCreate }
  }

  @Test func `a full device is reported as a failed write`() throws {
    let direct = try writer(UsageFilePaths(data: "/dev/full"))
    #expect(direct.isDirect)
    #expect { try direct.write(rows.span) } throws: { ($0 as? LabFailure)?.kind == .inputOutput }
  }
}
