import Glibc
import LabCore
import LabPipeline

/// Turns signals into a raised flag. Every signal of interest is blocked in all threads and taken by one watcher with
/// `sigwait`, so no code ever runs inside a signal handler.
///
/// Invariant: the signal sets are initialised before they are used and live as long as the call that reads them.
enum Signals {
  /// Must be called before any thread starts. A write to a closed pipe becomes an error instead of a signal.
  static func blockAll() {
    signal(SIGPIPE, SIG_IGN)
    var set = watched()
    // A session's line editor takes it; any other thread that did would break it.
    unsafe sigaddset(&set, SIGWINCH)
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Raises `flag` at the first interrupt, hang-up or termination. A second one ends the process at once.
  static func watch(raising flag: CancellationFlag) {
    BackgroundThread.start {
      while true {
        var set = watched()
        var number: Int32 = 0
        guard unsafe sigwait(&set, &number) == 0 else { continue }
        if flag.isRaised { _exit(ExitCode.ofSignal(number).rawValue) }
        flag.raise(reason: Int(number))
      }
    }
  }

  private static func watched() -> sigset_t {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for number in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&set, number) }
    return set
  }
}
