import Glibc

/// A thread of our own, so that long computations never starve a server's.
///
/// Invariant: the box handed to `pthread_create` is retained once for the thread, which takes that reference over; the
/// handle is joined exactly once, by `join()`, which consumes the thread.
struct WorkerThread: ~Copyable {
  private let handle: pthread_t

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Starts `body` on a new thread with all signals blocked and a stack of 8 MiB; nil when the system has no thread left.
  init?(_ body: @escaping @Sendable () -> Void) {
    var handle = pthread_t()
    var attributes = pthread_attr_t()
    guard unsafe pthread_attr_init(&attributes) == 0 else { return nil }
    defer { unsafe pthread_attr_destroy(&attributes) }
    unsafe pthread_attr_setstacksize(&attributes, 8 << 20)
    var all = sigset_t()
    var former = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &former)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &former, nil) }
    let box = unsafe Unmanaged.passRetained(Work(body))
    let status = unsafe pthread_create(
      &handle, &attributes,
      { argument in
        if let argument = unsafe argument { unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, unsafe box.toOpaque())
    guard status == 0 else {
      unsafe box.release()
      return nil
    }
    self.handle = handle
  }

  /// Waits until the thread has ended.
  consuming func join() { _ = pthread_join(handle, nil) }

  /// Lets the thread end by itself.
  consuming func detach() { pthread_detach(handle) }
}
