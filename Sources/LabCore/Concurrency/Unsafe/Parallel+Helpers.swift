import Glibc

/// The processors that are on line, at least 1.
func availableProcessors() -> Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

/// Runs `main` here and `work` on up to `count` helper threads, and returns when all have ended. `main` is told how many
/// threads the system gave, which may be none.
///
/// Invariant: `work` does not escape, because every thread that got it is joined before the function returns.
func withHelpers(_ count: Int, work: @Sendable () -> Void, main: (_ started: Int) -> Void) {
  withoutActuallyEscaping(work) { work in start(count, started: 0, work: work, main: main) }
}

private func start(_ count: Int, started: Int, work: @escaping @Sendable () -> Void, main: (Int) -> Void) {
  guard count > 0, let thread = WorkerThread(work) else { return main(started) }
  start(count - 1, started: started + 1, work: work, main: main)
  thread.join()
}
