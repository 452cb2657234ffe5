import LabCore
import LabPipeline
import LabViewer
import Synchronization

/// The viewer of a session: it runs in the background until `view stop` or the end of the session.
final class SessionViewer: Sendable {
  private let running = Mutex<ViewerServer?>(nil)
  private let environment: LabEnvironment

  /// - Parameter environment: its progress, notes and flag are the session's and not the viewer's.
  init(_ environment: LabEnvironment) {
    var environment = environment
    environment.cancellation = CancellationFlag()
    environment.progress = { _ in }
    // The page has a log of its own; the prompt is not to be written over.
    environment.note = { _ in }
    self.environment = environment
  }

  /// Starts it, or says where it is already.
  func start() throws(LabFailure) -> String {
    try running.withLock { running throws(LabFailure) -> String in
      if let running { return "the viewer is at \(running.url)" }
      let wanted = ViewerServer.Options.defaultPort
      let viewer = try ViewerServer(
        ViewerServer.Options(folder: environment.project.root ?? ".", port: wanted), environment)
      try viewer.start()
      running = viewer
      let busy = viewer.port == wanted ? "" : " (port \(wanted) is busy)"
      return "the viewer is at \(viewer.url)\(busy); 'view stop' ends it"
    }
  }

  /// Ends it; analyses that run get their time.
  func stop() -> String {
    let viewer = running.withLock { running in
      defer { running = nil }
      return running
    }
    guard let viewer else { return "the viewer is not running" }
    return viewer.stop() ? "the viewer has ended" : "the viewer has ended; an analysis didn't stop in time and was left"
  }
}
