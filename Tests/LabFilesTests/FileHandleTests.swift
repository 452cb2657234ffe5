import Foundation
import LabCore
import LabTestSupport
import Testing

@testable import LabFiles

@Suite struct FileHandleTests {
  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder("files") }

  private func failure(_ body: () throws -> Void) -> FileError? {
    do {
      try body()
      return nil
    } catch { return error as? FileError }
  }

  @Test func `a missing file is named and not found`() {
    let error = failure { _ = try FileHandle.reading(folder.file("none.csv")) }
    #expect(error?.sentence == "no file '\(folder.file("none.csv"))'")
    #expect(error?.failure.kind == .notFound)
    #expect(failure { _ = try FileSystem.read(folder.file("none.csv")) }?.code == "file_open")
  }

  @Test func `a folder is refused as what it is, for reading and for writing`() {
    #expect(failure { _ = try FileHandle.reading(folder.path) }?.obstacle == .folder)
    #expect(failure { _ = try FileHandle.creating(folder.path) }?.obstacle == .folder)
    #expect(failure { _ = try FileHandle.creating(folder.path, anyKind: true) }?.obstacle == .folder)
    #expect(failure { try FileSystem.replace(folder.path, with: []) }?.obstacle == .folder)
  }

  @Test func `a device is refused, unless any kind will do`() throws {
    #expect(failure { _ = try FileHandle.reading("/dev/zero") }?.obstacle == .device)
    #expect(failure { _ = try FileHandle.creating("/dev/null") }?.obstacle == .device)
    try FileHandle.creating("/dev/null", anyKind: true).write([1, 2, 3])
    try FileSystem.replace("/dev/null", with: [1, 2, 3])
    #expect(try !FileSystem.names(in: "/dev").contains { FileSystem.isUnfinished($0) })
  }

  @Test(.timeLimit(.minutes(1))) func `a pipe and a socket are refused without waiting for the other side`() throws {
    let pipe = folder.file("pipe")
    try #require(try ProcessRun.run("mkfifo", [pipe]).exitCode == 0)
    #expect(failure { _ = try FileHandle.reading(pipe) }?.obstacle == .pipe)
    #expect(failure { _ = try FileHandle.creating(pipe) }?.obstacle == .pipe)
    let listener = try ProcessRun.run(
      "python3", ["-c", "import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", folder.file("socket")])
    try #require(listener.exitCode == 0)
    #expect(failure { _ = try FileHandle.reading(folder.file("socket")) }?.obstacle == .socket)
  }

  @Test(.enabled(if: getuid() != 0, "skipped: root reads every file, so nothing is unreadable here"))
  func `an unreadable file says what to check`() throws {
    try folder.write("secret", to: "closed.csv")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: folder.file("closed.csv"))
    let error = failure { _ = try FileHandle.reading(folder.file("closed.csv")) }
    #expect(error?.number == EACCES)
    #expect(error?.failure.kind == .notFound)
    #expect(error?.help != nil)
  }

  @Test func `a full disk is a write error with advice`() throws {
    let error = failure {
      try FileHandle.creating("/dev/full", anyKind: true).write([UInt8](repeating: 1, count: 10_000))
    }
    #expect(error?.number == ENOSPC)
    #expect(error?.failure.kind == .inputOutput)
    #expect(error?.sentence == "can't write '/dev/full': no space left on device")
    #expect(error?.help?.contains("free some space") == true)
  }

  @Test func `a missing folder means that a file can't be created`() {
    let error = failure { _ = try FileHandle.creating(folder.file("no/such/file")) }
    #expect(error?.failure.kind == .cannotCreate)
  }

  @Test func `a path with a zero byte leads nowhere, not to another file`() throws {
    try folder.write("a", to: "name")
    let path = folder.file("name\0suffix")
    #expect(failure { _ = try FileHandle.reading(path) }?.number == EINVAL)
    #expect(failure { _ = try FileHandle.creating(path) }?.number == EINVAL)
    #expect(failure { _ = try FileHandle.creatingNew(path) }?.number == EINVAL)
  }

  @Test func `bytes written are bytes read, at any place`() throws {
    let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let path = folder.file("data")
    do {
      let handle = try FileHandle.creating(path)
      try handle.write(bytes)
      try handle.synchronise()
    }
    let handle = try FileHandle.reading(path)
    #expect(try handle.status().size == 200_000)
    var found: [UInt8] = [9]
    #expect(try handle.read(into: &found, count: 1000, at: 150_000) == 1000)
    #expect(found == [9] + bytes[150_000..<151_000])
    #expect(try handle.read(into: &found, count: 1000, at: 199_990) == 10)
    #expect(try handle.read(into: &found, count: 1000, at: 300_000) == 0)
    #expect(found.count == 1011)
    #expect(try FileSystem.read(path) == bytes)
    #expect(failure { _ = try FileSystem.read(path, limit: 199_999) }?.obstacle == .tooLarge)
    #expect(try FileSystem.read(path, limit: 200_000).count == 200_000)
  }

  @Test func `a file of proc, whose size says nothing, is read whole`() throws {
    #expect(String(decoding: try FileSystem.read("/proc/self/status"), as: UTF8.self).contains("VmRSS"))
  }

  @Test func `creating keeps or empties what is there`() throws {
    try folder.write("0123456789", to: "kept")
    do {
      let handle = try FileHandle.creating(folder.file("kept"), keeping: true)
      try handle.resize(to: 4)
      try handle.seek(to: 2)
      try handle.write(Array("xyz".utf8))
    }
    #expect(try folder.text(of: "kept") == "01xyz")
    _ = try FileHandle.creating(folder.file("kept"))
    #expect(try folder.text(of: "kept") == "")
    #expect(failure { _ = try FileHandle.creatingNew(folder.file("kept")) }?.number == EEXIST)
  }

  @Test func `a file is replaced in one step and nothing is left beside it`() throws {
    try folder.write("old", to: "report.json")
    let before = try FileHandle.reading(folder.file("report.json"))
    try FileSystem.replace(folder.file("report.json"), with: Array("new".utf8), synchronise: true)
    #expect(try folder.text(of: "report.json") == "new")
    // Who has the old file open still reads the old content: it was never overwritten.
    var bytes: [UInt8] = []
    try before.read(into: &bytes, count: 10, at: 0)
    #expect(bytes == Array("old".utf8))
    #expect(try folder.names() == ["report.json"])
    let error = failure { try FileSystem.replace(folder.file("no/report.json"), with: []) }
    #expect(error?.path == folder.file("no/report.json"))
    #expect(error?.failure.kind == .cannotCreate)
  }

  @Test func `a second process can't take a held lock and can when it is given back`() throws {
    let path = folder.file("x.lock")
    let attempt =
      "import fcntl,sys\nf=open(sys.argv[1],'r+')\ntry: fcntl.flock(f, fcntl.LOCK_EX|fcntl.LOCK_NB)\nexcept OSError: sys.exit(7)"
    do {
      let handle = try FileHandle.creating(path)
      try handle.lock()
      #expect(try ProcessRun.run("python3", ["-c", attempt, path]).exitCode == 7)
      let second = try FileHandle.creating(path, keeping: true)
      let error = failure { try second.lock() }
      #expect(error?.failure.kind == .locked)
      #expect(error?.sentence == "'\(path)' is being written by another run")
      _ = handle
    }
    #expect(try ProcessRun.run("python3", ["-c", attempt, path]).exitCode == 0)
    let holder = try FileLock(path)
    #expect(try folder.text(of: "x.lock") == "\(getpid())\n")
    #expect(failure { _ = try FileLock(path) }?.failure.kind == .locked)
    withExtendedLifetime(holder) {}
  }
}

@Suite struct FileSystemTests {
  @Test func `folders are made with those above them`() throws {
    let folder = try TemporaryFolder("folders")
    try FileSystem.createFolder(folder.file("a/b/c"))
    try FileSystem.createFolder(folder.file("a/b/c"))
    #expect(FileHandle.status(of: folder.file("a/b/c"))?.isFolder == true)
    try folder.write("x", to: "file")
    #expect(throws: FileError.self) { try FileSystem.createFolder(folder.file("file")) }
    #expect(throws: FileError.self) { try FileSystem.createFolder(folder.file("file/below")) }
    let deep = String(repeating: "a/", count: 1_000_000)
    #expect(throws: FileError(.create, deep, number: ENAMETOOLONG)) { try FileSystem.createFolder(deep) }
  }

  @Test func `names come sorted by their bytes`() throws {
    let folder = try TemporaryFolder("names")
    for name in ["b", "a", "B", "é", "10", "9"] { try folder.write("", to: name) }
    #expect(try FileSystem.names(in: folder.path) == ["10", "9", "B", "a", "b", "é"])
    #expect(throws: FileError.self) { try FileSystem.names(in: folder.file("none")) }
    try FileSystem.remove(folder.file("a"))
    try FileSystem.remove(folder.file("a"))
    #expect(!FileSystem.exists(folder.file("a")))
    #expect(throws: FileError.self) { try FileSystem.remove(folder.path) }
  }
}

@Suite struct PathTests {
  @Test(arguments: [
    ("a/b/c.csv", "a/b", "c.csv", "c"), ("c", ".", "c", "c"), ("/c", "/", "c", "c"), ("/", "/", "", ""),
    ("a//b//", "a", "b", "b"),
    (".hidden", ".", ".hidden", ".hidden"), ("a.tar.gz", ".", "a.tar.gz", "a.tar"), ("", ".", "", ""),
  ])
  func `a path falls into folder, name and stem`(path: String, folder: String, name: String, stem: String) {
    #expect(Path.folder(of: path) == folder)
    #expect(Path.name(of: path) == name)
    #expect(Path.stem(of: path) == stem)
  }

  @Test(arguments: [
    ("a/./b/../c", "a/c"), ("../a", "../a"), ("a/../..", ".."), ("/..", "/"), ("/a//b/", "/a/b"), ("", "."),
    ("./", "."), ("a/..", "."),
  ])
  func `a path is normalised without the disk`(path: String, expected: String) {
    #expect(Path.normalised(path) == expected)
  }

  @Test func `a relative path is joined, an absolute one stays`() {
    #expect(Path.joined("a/b", "c") == "a/b/c")
    #expect(Path.joined("a/", "c") == "a/c")
    #expect(Path.joined(".", "c") == "c")
    #expect(Path.joined("a", "/c") == "/c")
    #expect(Path.withoutExtension("a.b/c.csv") == "a.b/c")
    #expect(Path.withoutExtension("a.b/c") == "a.b/c")
  }
}
