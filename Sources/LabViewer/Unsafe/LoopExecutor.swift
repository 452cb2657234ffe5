import NIOCore

/// Runs the server's tasks on its own event loop, beside the sockets that they read and write.
///
/// Requests so never wait for whoever blocks the threads that all tasks of the process share, and change no thread on their
/// way. Nothing that takes long may run here.
///
/// Invariant: every job that is taken is run exactly once, on the loop; the loop outlives the tasks that use it.
final class LoopExecutor: TaskExecutor {
  private let loop: any EventLoop

  init(_ loop: any EventLoop) { self.loop = loop }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.execute { [self] in unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
  }
}
