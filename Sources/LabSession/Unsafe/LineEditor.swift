import CLibEdit

/// Line editing on the terminal, through libedit.
///
/// Invariant: `editor` is open from `init` to `deinit`; the completer's context is this object, which outlives every call
/// since only ``readLine(prompt:)`` makes them; C strings live through the calls that they are handed to.
@safe final class LineEditor {
  enum Line {
    case text(String)
    /// Ctrl-C, or another signal.
    case interrupted
    /// Ctrl-D, or the terminal is gone.
    case end
  }

  /// What a completion does.
  struct Completion {
    /// Text to write at the cursor.
    var insertion: String
    /// What there is to choose from, when nothing can be written.
    var choices: [String]
  }

  private let editor: OpaquePointer
  private let complete: (String) -> Completion
  private let width: () -> Int

  /// Nil when there is no terminal to edit on.
  ///
  /// - Parameters:
  ///   - complete: what may stand at the cursor, given the text before it.
  ///   - width: of the terminal.
  init?(readsConfiguration: Bool, width: @escaping () -> Int, complete: @escaping (String) -> Completion) {
    guard let editor = unsafe lab_editor_open("finops-lab", readsConfiguration ? 1 : 0) else { return nil }
    unsafe self.editor = editor
    self.complete = complete
    self.width = width
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe lab_editor_set_completer(
      editor,
      { context, editor, line in
        guard let context = unsafe context, let line = unsafe line, let editor = unsafe editor else {
          return Int32(LAB_COMPLETE_BEEP)
        }
        let owner = unsafe Unmanaged<LineEditor>.fromOpaque(context).takeUnretainedValue()
        return unsafe owner.completed(String(cString: line), in: editor)
      }, context)
  }

  deinit { unsafe lab_editor_close(editor) }

  private func completed(_ line: String, in editor: OpaquePointer) -> Int32 {
    let completion = complete(line)
    if !completion.insertion.isEmpty {
      unsafe lab_editor_insert(editor, completion.insertion)
      return Int32(LAB_COMPLETE_CHANGED)
    }
    guard completion.choices.count > 1 else { return Int32(LAB_COMPLETE_BEEP) }
    unsafe lab_editor_list(editor, "\r\n" + ChoiceColumns.text(completion.choices, width: width()))
    return Int32(LAB_COMPLETE_LISTED)
  }

  /// Reads a line, without its line feed.
  func readLine(prompt: String) -> Line {
    var start: UnsafePointer<CChar>?
    var length = 0
    switch unsafe Int(lab_editor_read(editor, prompt, &start, &length)) {
    case Int(LAB_LINE):
      guard let start = unsafe start else { return .end }
      let bytes = unsafe UnsafeRawBufferPointer(start: start, count: length)
      var text = unsafe String(decoding: bytes, as: UTF8.self)
      while text.utf8.last == UInt8(ascii: "\n") || text.utf8.last == UInt8(ascii: "\r") {
        text.unicodeScalars.removeLast()
      }
      return .text(text)
    case Int(LAB_LINE_INTERRUPTED): return .interrupted
    default: return .end
    }
  }

  /// Puts a line where the arrows find it.
  func remember(_ line: String) { unsafe lab_editor_remember(editor, line) }
}
