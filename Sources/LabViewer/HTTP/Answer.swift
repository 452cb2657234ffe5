import HTTPTypes
import Hummingbird
import HummingbirdCore
import LabJSON
import NIOCore

/// A response before it goes out: every one of them carries the same fields for safety.
struct Answer: Sendable {
  static let eventStream = "text/event-stream; charset=utf-8"
  static let json = "application/json; charset=utf-8"
  static let html = "text/html; charset=utf-8"

  var status: HTTPResponse.Status
  var fields: HTTPFields
  var body: ByteBuffer

  init(_ status: HTTPResponse.Status = .ok, type: String, body: ByteBuffer) {
    self.status = status
    fields = Self.safety
    fields[.contentType] = type
    self.body = body
  }

  /// The fields with the length of the body, for whoever writes the answer itself.
  func fields(withLength: Bool) -> HTTPFields {
    var fields = fields
    if withLength { fields[.contentLength] = String(body.readableBytes) }
    return fields
  }

  /// The response; one to `HEAD` has the length of the body and no body.
  func response(isHead: Bool) -> Response {
    let response = Response(status: status, headers: fields, body: ResponseBody(byteBuffer: body))
    return isHead ? response.createHeadResponse() : response
  }

  /// An error as JSON: a message for people, never a path or a trace.
  static func error(_ status: HTTPResponse.Status, _ message: String) -> Answer {
    var writer = JSONWriter(compact: true)
    writer.beginObject()
    writer.key("error")
    writer.value(message)
    writer.key("status")
    writer.value(status.code)
    writer.endObject()
    return Answer(status, type: json, body: ByteBuffer(bytes: writer.bytes))
  }

  /// An error as a page, for a person who followed a link.
  static func errorPage(_ status: HTTPResponse.Status, _ message: String) -> Answer {
    let title = "\(status.code) \(status.reasonPhrase)"
    let text = """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><title>\(title)</title>\
      <link rel="stylesheet" href="/assets/viewer.css"></head>
      <body><main class="notice"><h1>\(title)</h1><p>\(message)</p><p><a href="/">To the viewer</a></p></main></body></html>

      """
    return Answer(status, type: html, body: ByteBuffer(string: text))
  }

  /// Nothing but what we serve ourselves may run, load or frame; nobody else may read it; nobody keeps it.
  static let safety: HTTPFields = {
    var fields = HTTPFields()
    fields[.xContentTypeOptions] = "nosniff"
    fields[.cacheControl] = "no-store"
    fields[.crossOriginResourcePolicy] = "same-origin"
    fields[.contentSecurityPolicy] =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
      + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    if let name = HTTPField.Name("Referrer-Policy") { fields[name] = "no-referrer" }
    return fields
  }()
}
