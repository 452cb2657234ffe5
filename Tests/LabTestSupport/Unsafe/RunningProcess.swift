import Glibc
import Synchronization

/// Held from making pipes to starting the child, so that no child of another test inherits them.
private let spawning = Mutex(())

/// A child process with pipes on its three standard streams, in a process group of its own.
///
/// Its streams are read whenever the test waits for something, so a talkative child doesn't block for long. The value must
/// be used from one thread. When it ends without ``finish(timeout:)``, the child is killed.
///
/// Invariant: descriptors that are not -1 are open and owned by this value; C strings and arrays of them live through the
/// call that gets them; the child is waited for exactly once.
@safe public struct RunningProcess: ~Copyable {
  public let identifier: Int32
  private var input: Int32
  private var output: Int32
  private var errors: Int32
  private var outputBytes: [UInt8] = []
  private var errorBytes: [UInt8] = []
  private var pendingInput: [UInt8] = []
  private var closesInput = false
  private var end: ProcessRun.End?
  private let started: Double

  public init(
    _ program: String, _ arguments: [String] = [], environment: [String: String]? = nil, workingDirectory: String? = nil
  ) throws(ProcessFailure) {
    // A child that closes its input must not end the test process.
    signal(SIGPIPE, SIG_IGN)
    let spawned = spawning.withLock { _ in
      Self.spawn(program, arguments, environment: environment, workingDirectory: workingDirectory)
    }
    guard spawned.error == 0 else { throw ProcessFailure(program: program, number: spawned.error) }
    for descriptor in spawned.pipes { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
    identifier = spawned.child
    input = spawned.pipes[0]
    output = spawned.pipes[1]
    errors = spawned.pipes[2]
    started = Self.now()
  }

  /// Starts the child; gives the parent's ends of its input, output and errors.
  private static func spawn(
    _ program: String, _ arguments: [String], environment: [String: String]?, workingDirectory: String?
  ) -> (child: pid_t, pipes: [Int32], error: Int32) {
    var pipes: [Int32] = []
    for _ in 0..<3 {
      var pair: [Int32] = [-1, -1]
      guard unsafe pipe(&pair) == 0 else {
        let number = errno
        for descriptor in pipes { close(descriptor) }
        return (0, [], number)
      }
      for descriptor in pair { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
      pipes += pair
    }
    let (childInput, parentInput) = (pipes[0], pipes[1])
    let (parentOutput, childOutput) = (pipes[2], pipes[3])
    let (parentErrors, childErrors) = (pipes[4], pipes[5])

    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, childInput, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, childOutput, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, childErrors, 2)

    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var all = sigset_t()
    var none = sigset_t()
    unsafe sigfillset(&all)
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

    // The C library's own action for this is not visible to Swift; env(1) changes the folder and becomes the program.
    let prefix = workingDirectory.map { ["/usr/bin/env", "-C", $0] } ?? []
    let words = prefix + [program] + arguments
    let variables = environment.map { $0.map { "\($0.key)=\($0.value)" }.sorted() }
    var child: pid_t = 0
    let status = unsafe withCStrings(words) { argumentList in
      guard let variables else {
        return unsafe posix_spawnp(&child, words[0], &actions, &attributes, argumentList, environ)
      }
      return unsafe withCStrings(variables) { variableList in
        unsafe posix_spawnp(&child, words[0], &actions, &attributes, argumentList, variableList)
      }
    }
    for descriptor in [childInput, childOutput, childErrors] { close(descriptor) }
    guard status == 0 else {
      for descriptor in [parentInput, parentOutput, parentErrors] { close(descriptor) }
      return (0, [], status)
    }
    return (child, [parentInput, parentOutput, parentErrors], 0)
  }

  deinit {
    for descriptor in [input, output, errors] where descriptor >= 0 { close(descriptor) }
    if end == nil {
      kill(-identifier, SIGKILL)
      var status: Int32 = 0
      while unsafe waitpid(identifier, &status, 0) < 0, errno == EINTR {}
    }
  }

  /// What came out so far.
  public var outputText: String { String(decoding: outputBytes, as: UTF8.self) }
  public var errorText: String { String(decoding: errorBytes, as: UTF8.self) }

  /// Queues bytes for standard input.
  public mutating func send(_ bytes: [UInt8]) {
    pendingInput += bytes
    pump(milliseconds: 0)
  }

  public mutating func send(_ text: String) { send(Array(text.utf8)) }

  /// Ends standard input once what was queued is written.
  public mutating func closeInput() {
    closesInput = true
    pump(milliseconds: 0)
  }

  /// Stops reading standard output, as `| head -1` does.
  public mutating func closeOutput() {
    if output >= 0 { close(output) }
    output = -1
  }

  /// Sends a signal to the child, or to its whole group.
  public func send(signal number: Int32, toGroup: Bool = false) { kill(toGroup ? -identifier : identifier, number) }

  /// Waits until standard output or standard error holds `text`; false when the time is up or the child ends without it.
  public mutating func waits(for text: String, timeout: Double = 20) -> Bool {
    let deadline = Self.now() + timeout
    while true {
      if outputText.contains(text) || errorText.contains(text) { return true }
      if Self.now() > deadline || (output < 0 && errors < 0) { return false }
      pump(milliseconds: 20)
    }
  }

  /// Waits for the end. When the time is up, the process group is killed.
  public consuming func finish(timeout: Double = 60) -> ProcessRun {
    let deadline = started + timeout
    var timedOut = false
    while end == nil {
      pump(milliseconds: 5)
      reap()
      if end == nil, !timedOut, Self.now() > deadline {
        timedOut = true
        kill(-identifier, SIGKILL)
      }
    }
    // What the child wrote before it ended is in the pipes; grandchildren that hold them are not waited for long.
    let drained = Self.now() + 0.5
    while output >= 0 || errors >= 0, Self.now() < drained { pump(milliseconds: 5) }
    return ProcessRun(
      end: timedOut ? .timedOut : end ?? .timedOut, outputBytes: outputBytes, errorBytes: errorBytes,
      seconds: Self.now() - started)
  }

  private mutating func reap() {
    var status: Int32 = 0
    guard unsafe waitpid(identifier, &status, WNOHANG) == identifier else { return }
    let signal = status & 0x7f
    end = signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
  }

  /// Moves what can be moved within the time.
  private mutating func pump(milliseconds: Int32) {
    if pendingInput.isEmpty, closesInput, input >= 0 {
      close(input)
      input = -1
    }
    var descriptors = [
      pollfd(fd: output, events: Int16(POLLIN), revents: 0), pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
      pollfd(fd: pendingInput.isEmpty ? -1 : input, events: Int16(POLLOUT), revents: 0),
    ]
    guard unsafe poll(&descriptors, 3, milliseconds) > 0 else { return }
    if descriptors[0].revents != 0, !Self.drain(output, into: &outputBytes) {
      close(output)
      output = -1
    }
    if descriptors[1].revents != 0, !Self.drain(errors, into: &errorBytes) {
      close(errors)
      errors = -1
    }
    if descriptors[2].revents != 0 {
      let written = unsafe pendingInput.withUnsafeBytes { unsafe write(input, $0.baseAddress, $0.count) }
      if written > 0 {
        pendingInput.removeFirst(written)
      } else if errno != EAGAIN, errno != EINTR {
        pendingInput = []
        closesInput = true
      }
    }
  }

  /// Reads what is there; false at the end of the stream.
  private static func drain(_ descriptor: Int32, into bytes: inout [UInt8]) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
    if count > 0 {
      bytes += buffer[..<count]
      return true
    }
    return count < 0 && (errno == EAGAIN || errno == EINTR)
  }

  private static func now() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// Calls `body` with a null-ended list of C strings that lives through the call.
func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var list: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { unsafe strdup($0) }
  unsafe list.append(nil)
  defer { unsafe list.forEach { unsafe free($0) } }
  return unsafe list.withUnsafeBufferPointer { buffer in
    // The list has at least its final nil, so there is a base address.
    unsafe body(buffer.baseAddress.unsafelyUnwrapped)
  }
}
