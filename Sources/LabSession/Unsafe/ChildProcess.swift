import CLibEdit
import Glibc
import LabCore
import LabFiles

/// Programs that a session starts: the editor, the pager, and finops-lab itself in transcripts.
///
/// Invariant: argument lists end in nil and their strings live through the call; buffers are valid for the length that is
/// handed with them.
@safe package enum ChildProcess {
  /// How a program ended and what it wrote.
  package struct Ended: Sendable {
    package var code: Int32
    /// Standard output and standard error, as they came.
    package var output: [UInt8]
  }

  /// Opens a file in $VISUAL or $EDITOR (else vi), and waits for its end.
  static func edit(_ path: String) throws(FileError) {
    let editor = variable("VISUAL") ?? variable("EDITOR") ?? "vi"
    // The variable may hold arguments; the path is handed as one.
    try wait(try start(["/bin/sh", "-c", "\(editor) \"$1\"", "sh", path]), editor)
  }

  /// Says how to leave, is left by Ctrl-C too, and takes no commands that reach files or a shell: who types on without seeing
  /// it does no harm.
  private static let defaultPager = "LESSSECURE=1 less -FRXK -Ps'space goes on, q leaves'"

  /// Shows text through $PAGER, else less; false when there is none.
  package static func page(_ text: String) -> Bool {
    let pager = variable("PAGER") ?? defaultPager
    if pager == "cat" || variable("TERM") == "dumb" { return false }
    var ends: [Int32] = [-1, -1]
    guard unsafe lab_pipe(&ends) == 0 else { return false }
    guard let child = try? start(["/bin/sh", "-c", pager], input: ends[0]) else {
      close(ends[0])
      close(ends[1])
      return false
    }
    close(ends[0])
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe write(ends[1], buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done)
      }
      // A pager that was left early reads no more.
      if count < 0, errno != EINTR { break }
      done += max(0, count)
    }
    close(ends[1])
    let code = waited(child)
    // 127: the shell found no such program.
    return code != 127
  }

  /// Runs this very program with arguments and no input, and gives what it wrote, both streams as one.
  package static func runOwn(_ arguments: [String], environment: [String: String]) throws(FileError) -> Ended {
    var ends: [Int32] = [-1, -1]
    guard unsafe lab_pipe(&ends) == 0 else { throw FileError(.open, "pipe", number: errno) }
    let null = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
    defer { close(null) }
    let child: pid_t
    do throws(FileError) {
      child = try start(["/proc/self/exe"] + arguments, input: null, output: ends[1], environment: environment)
    } catch {
      close(ends[0])
      close(ends[1])
      throw error
    }
    close(ends[1])
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(ends[0], $0.baseAddress, $0.count) }
      if count > 0 { output += buffer[..<count] } else if count == 0 || errno != EINTR { break }
    }
    close(ends[0])
    return Ended(code: waited(child), output: output)
  }

  package static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name), let text = unsafe String(validatingCString: value), !text.isEmpty else {
      return nil
    }
    return text
  }

  // MARK: Starting and waiting

  private static func start(
    _ words: [String], input: Int32? = nil, output: Int32? = nil, environment: [String: String]? = nil
  ) throws(FileError) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    if let input { unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) }
    if let output {
      unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
      unsafe posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
    }
    // A child starts with the signals as a shell would give them.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    unsafe sigemptyset(&none)
    _ = unsafe posix_spawnattr_setsigmask(&attributes, &none)
    var usual = sigset_t()
    unsafe sigemptyset(&usual)
    unsafe sigaddset(&usual, SIGPIPE)
    unsafe posix_spawnattr_setsigdefault(&attributes, &usual)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var child: pid_t = 0
    let variables = environment.map { $0.map { "\($0.key)=\($0.value)" }.sorted() }
    let number = unsafe withCStrings(words) { list in
      guard let variables else { return unsafe posix_spawn(&child, words[0], &actions, &attributes, list, environ) }
      return unsafe withCStrings(variables) { unsafe posix_spawn(&child, words[0], &actions, &attributes, list, $0) }
    }
    guard number == 0 else { throw FileError(.open, words[0], number: number) }
    return child
  }

  private static func wait(_ child: pid_t, _ name: String) throws(FileError) {
    guard waited(child) == 0 else { throw FileError(.open, name, number: ECHILD) }
  }

  /// The exit code; 128 and the number for a signal.
  private static func waited(_ child: pid_t) -> Int32 {
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
  }

  private static func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var list: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { unsafe strdup($0) }
    unsafe list.append(nil)
    defer { unsafe list.forEach { unsafe free($0) } }
    // The list has at least its final nil, so there is a base address.
    return unsafe list.withUnsafeBufferPointer { unsafe body($0.baseAddress.unsafelyUnwrapped) }
  }
}
