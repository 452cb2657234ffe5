import LabCore
import LabTestSupport
import Testing

@testable import LabFiles

@Suite struct FileReplacementTests {
  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder("replacement") }

  @Test func `a file has its name when it is complete, and not before`() throws {
    let path = folder.file("out.csv")
    let file = try FileReplacement(path)
    try file.write(Array("one\n".utf8))
    #expect(!FileSystem.exists(path))
    try file.write(Array("two\n".utf8))
    try file.commit()
    #expect(try String(decoding: FileSystem.read(path), as: UTF8.self) == "one\ntwo\n")
    #expect(try FileSystem.names(in: folder.path) == ["out.csv"])
  }

  @Test func `a file that is dropped leaves what was there`() throws {
    let path = folder.file("out.csv")
    try FileSystem.replace(path, with: Array("old".utf8))
    do {
      let file = try FileReplacement(path)
      try file.write(Array("new".utf8))
    }
    #expect(try String(decoding: FileSystem.read(path), as: UTF8.self) == "old")
    #expect(try FileSystem.names(in: folder.path) == ["out.csv"])
  }

  @Test func `a device is written directly, and a folder is refused`() throws {
    let device = try FileReplacement("/dev/null")
    try device.write([1, 2, 3])
    try device.commit()
    do throws(FileError) {
      _ = try FileReplacement(folder.path)
      Issue.record("a folder was taken for a file")
    } catch { #expect(error.obstacle == .folder) }
  }

  @Test func `a full device is an error that names the file`() throws {
    let full = try FileReplacement("/dev/full")
    do throws(FileError) {
      try full.write([1])
      Issue.record("a full device took a byte")
    } catch { #expect(error.sentence.contains("/dev/full")) }
  }
}

@Suite struct MemoryAllowanceTests {
  @Test func `the limits of control groups of both versions are looked for where they stand`() {
    let text = "12:cpu,cpuacct:/a\n9:memory:/docker/x\n0::/user.slice/b\nnonsense\n3:cpuset,memory:/\n"
    #expect(
      MemoryAllowance.paths(of: Array(text.utf8)) == [
        "/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "/sys/fs/cgroup/user.slice/b/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
      ])
    #expect(MemoryAllowance.paths(of: []).isEmpty)
  }
}
