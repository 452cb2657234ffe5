import Glibc

/// A program on a pseudo-terminal of its own, as a person would use it.
///
/// Invariant: `controller` is open from `init` until ``hangUp()`` or `deinit`; buffers are valid for the length that is handed
/// with them; C strings live through the call.
public struct PseudoTerminal: ~Copyable {
  private let identifier: pid_t
  private var controller: Int32
  private var bytes: [UInt8] = []
  /// Where the text begins that was not waited for yet.
  private var mark = 0
  private var status: Int32?

  /// TIOCSPTLCK and TIOCGPTN of <asm/ioctls.h>.
  private static let setLock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430

  /// Starts a program with a terminal of so many columns and lines as its only one.
  public init(
    _ program: String, _ arguments: [String] = [], environment: [String: String], workingDirectory: String,
    columns: Int = 80, lines: Int = 24
  ) throws {
    let started = Self.start(
      program, arguments, environment: environment, workingDirectory: workingDirectory, columns: columns, lines: lines)
    guard started.error == 0 else { throw ProcessFailure(program: program, number: started.error) }
    identifier = started.child
    controller = started.controller
  }

  private static func start(
    _ program: String, _ arguments: [String], environment: [String: String], workingDirectory: String, columns: Int,
    lines: Int
  ) -> (child: pid_t, controller: Int32, error: Int32) {
    // What posix_openpt, unlockpt and ptsname do on Linux; Swift doesn't see them.
    let controller = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var locked: Int32 = 0
    var number: UInt32 = 0
    guard controller >= 0, unsafe ioctl(controller, setLock, &locked) == 0,
      unsafe ioctl(controller, getNumber, &number) == 0
    else { return (0, -1, errno) }
    let path = "/dev/pts/\(number)"
    _ = fcntl(controller, F_SETFL, O_NONBLOCK)
    resize(controller, columns: columns, lines: lines)
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    // The first terminal that a session's leader opens is its own: signals of its keys come from there.
    unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, path, O_RDWR, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    _ = unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    for number in [SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE] { unsafe sigaddset(&signals, number) }
    _ = unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    // 0x80: a new session (POSIX_SPAWN_SETSID, which Swift doesn't see).
    _ = unsafe posix_spawnattr_setflags(
      &attributes, Int16(0x80 | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var child: pid_t = 0
    let words = ["/usr/bin/env", "-C", workingDirectory, program] + arguments
    let variables = environment.map { "\($0.key)=\($0.value)" }.sorted()
    let result = unsafe withCStrings(words) { list in
      unsafe withCStrings(variables) { unsafe posix_spawn(&child, words[0], &actions, &attributes, list, $0) }
    }
    if result != 0 { close(controller) }
    return (child, controller, result)
  }

  deinit {
    if controller >= 0 { close(controller) }
    if status == nil {
      kill(identifier, SIGKILL)
      var status: Int32 = 0
      while unsafe waitpid(identifier, &status, 0) < 0, errno == EINTR {}
    }
  }

  /// Everything that came, escape sequences included.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
  /// What came since the last text that was waited for.
  public var rest: String { String(decoding: bytes[mark...], as: UTF8.self) }

  /// Types text; a terminal takes little at a time, so what comes back is read meanwhile.
  public mutating func type(_ text: String, timeout: Double = 120) {
    var pending = Array(text.utf8)[...]
    let deadline = Self.now() + timeout
    while !pending.isEmpty, Self.now() < deadline {
      let part = Array(pending.prefix(512))
      let count = unsafe part.withUnsafeBytes { unsafe write(controller, $0.baseAddress, $0.count) }
      if count > 0 { pending = pending.dropFirst(count) } else if errno != EAGAIN, errno != EINTR { return }
      pump(milliseconds: count > 0 ? 0 : 5)
    }
  }

  /// Waits until text comes behind what was waited for last; false when the time is up or the program ends without it.
  public mutating func waits(for text: String, timeout: Double = 60) -> Bool {
    let wanted = Array(text.utf8)
    let deadline = Self.now() + timeout
    while true {
      if let end = end(of: wanted) {
        mark = end
        return true
      }
      if Self.now() > deadline || !pump(milliseconds: 20) { return false }
    }
  }

  private func end(of wanted: [UInt8]) -> Int? {
    guard let first = wanted.first, bytes.count >= mark + wanted.count else { return nil }
    var position = mark
    while let start = bytes[position...].firstIndex(of: first), start + wanted.count <= bytes.count {
      if bytes[start..<(start + wanted.count)].elementsEqual(wanted) { return start + wanted.count }
      position = start + 1
    }
    return nil
  }

  /// Changes the size of the window, of which the kernel tells the program.
  public func resize(columns: Int, lines: Int) { Self.resize(controller, columns: columns, lines: lines) }

  private static func resize(_ controller: Int32, columns: Int, lines: Int) {
    var size = winsize(ws_row: UInt16(lines), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    _ = unsafe ioctl(controller, UInt(TIOCSWINSZ), &size)
  }

  /// Whether typed characters are shown and lines are the terminal's: how it is outside of line editing.
  public var isSane: Bool {
    var settings = termios()
    guard unsafe tcgetattr(controller, &settings) == 0 else { return false }
    return settings.c_lflag & UInt32(ECHO) != 0 && settings.c_lflag & UInt32(ICANON) != 0
      && settings.c_oflag & UInt32(OPOST) != 0
  }

  public func send(signal number: Int32) { kill(identifier, number) }

  /// Closes the terminal, as when its window is closed.
  public mutating func hangUp() {
    close(controller)
    controller = -1
  }

  /// Resident memory in kilobytes.
  public var residentKilobytes: Int? {
    guard let file = unsafe fopen("/proc/\(identifier)/status", "r") else { return nil }
    defer { unsafe fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while unsafe fgets(&line, 256, file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if text.hasPrefix("VmRSS:") { return Int(text.filter { $0.isNumber }) }
    }
    return nil
  }

  /// Waits for the end: the exit code, or minus the number of the signal; nil when the time is up.
  public mutating func exitCode(timeout: Double = 30) -> Int32? {
    let deadline = Self.now() + timeout
    while status == nil, Self.now() < deadline {
      _ = pump(milliseconds: 10)
      var found: Int32 = 0
      if unsafe waitpid(identifier, &found, WNOHANG) == identifier { status = found }
    }
    guard let status else { return nil }
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : -signal
  }

  /// Reads what is there within the time; false when there will be no more.
  @discardableResult
  private mutating func pump(milliseconds: Int32) -> Bool {
    guard controller >= 0 else {
      usleep(UInt32(milliseconds) * 1000)
      return false
    }
    var descriptor = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&descriptor, 1, milliseconds) > 0 else { return true }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(controller, $0.baseAddress, $0.count) }
    if count > 0 { bytes += buffer[..<count] }
    return count > 0 || errno == EAGAIN || errno == EINTR
  }

  private static func now() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
