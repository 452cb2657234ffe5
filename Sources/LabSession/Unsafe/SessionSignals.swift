import CLibEdit
import Glibc
import LabCore

/// Hands the signals of a session on: at the prompt they break the reading of a line, while a command runs they stop it.
///
/// Invariant: the pipe's reading end is read by one thread alone, into a byte that lives through the call.
package enum SessionSignals {
  /// Installs the handlers, and starts the thread that stops the command at hand. The signals stay blocked in all threads
  /// but the calling one, which is the session's.
  package static func start(stopping interruption: SessionInterruption) {
    let pipe = lab_signals_open()
    guard pipe >= 0 else { return }
    BackgroundThread.start {
      var byte: UInt8 = 0
      while true {
        let count = unsafe read(pipe, &byte, 1)
        if count == 1 { interruption.interrupt(reason: Int(byte)) } else if count == 0 || errno != EINTR { return }
      }
    }
    lab_signals_unblock()
  }

  /// The signal that came since the last call; nil for none. One that ends the session stays.
  static func take() -> Int32? {
    let number = lab_signals_take()
    return number == 0 ? nil : number
  }

  /// Whether a signal has come that no command was stopped by yet.
  package static var isEnding: Bool { lab_signals_pending() != 0 }

  /// Whether a signal means that the session ends.
  static func ends(_ number: Int32) -> Bool { number == SIGTERM || number == SIGHUP }

  /// Remembers how the terminal is set, so that ``restoreTerminal()`` and a crash can give it back.
  static func saveTerminal() { lab_terminal_save() }
  static func restoreTerminal() { lab_terminal_restore() }
}
