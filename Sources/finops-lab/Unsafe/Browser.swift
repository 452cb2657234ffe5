import Glibc

/// Opens an address in the person's browser.
///
/// Invariant: the argument list ends in nil, and it, its strings, the actions and the attributes live through the call that
/// reads them.
enum Browser {
  /// Starts the first program that is there: those of `BROWSER` (separated by colons, `%s` for the address), else xdg-open.
  ///
  /// - Returns: whether one was started.
  static func open(_ address: String) -> Bool {
    let named = Terminal.environment("BROWSER").map { $0.split(separator: ":").map(String.init) } ?? []
    for command in named.isEmpty ? ["xdg-open"] : named {
      var words = command.split(separator: " ").map(String.init)
      guard !words.isEmpty else { continue }
      if words.contains(where: { $0.contains("%s") }) {
        words = words.map { $0 == "%s" ? address : $0 }
      } else {
        words.append(address)
      }
      if start(words) { return true }
    }
    return false
  }

  /// Starts a program that shares neither our terminal nor our blocked signals.
  private static func start(_ words: [String]) -> Bool {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
      unsafe posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
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
    var list: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) }
    unsafe list.append(nil)
    defer { unsafe list.forEach { unsafe free($0) } }
    var child: pid_t = 0
    return unsafe posix_spawnp(&child, words[0], &actions, &attributes, list, environ) == 0
  }
}
