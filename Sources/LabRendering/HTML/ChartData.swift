import LabJSON
import LabReport

/// A chart as the data that our script draws from.
struct ChartData {
  let chart: Chart
  let isHorizontal: Bool

  var json: JSONWriter {
    var writer = JSONWriter(compact: true)
    writer.beginObject()
    writer.key("kind")
    writer.value(chart.kind.rawValue)
    if isHorizontal {
      writer.key("horizontal")
      writer.value(true)
    }
    if chart.risesAreGood {
      writer.key("rises_are_good")
      writer.value(true)
    }
    write(chart.x, key: "x", into: &writer)
    write(chart.y, key: "y", into: &writer)
    if !chart.categories.isEmpty {
      writer.key("categories")
      writer.beginArray()
      for category in chart.categories { writer.value(SafeText.line(category)) }
      writer.endArray()
    }
    writer.key("series")
    writer.beginArray()
    for series in chart.series { write(series, into: &writer) }
    writer.endArray()
    writer.endObject()
    return writer
  }

  private func write(_ axis: Chart.Axis, key: String, into writer: inout JSONWriter) {
    writer.key(key)
    writer.beginObject()
    writer.key("title")
    writer.value(SafeText.line(axis.title))
    writer.key("scale")
    writer.value(axis.scale.rawValue)
    write(axis.unit, into: &writer)
    writer.endObject()
  }

  /// What stands before and behind a number of the unit.
  private func write(_ unit: Unit, into writer: inout JSONWriter) {
    if unit.isMoney {
      writer.key("before")
      writer.value("$")
    } else if unit == .percent {
      writer.key("after")
      writer.value("%")
    } else if !unit.symbol.isEmpty {
      writer.key("after")
      writer.value(" " + unit.symbol)
    }
  }

  private func write(_ series: Chart.Series, into writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("name")
    writer.value(SafeText.line(series.name))
    writer.key("role")
    writer.value(series.role.rawValue)
    if let unit = series.unit {
      writer.key("unit")
      writer.beginObject()
      write(unit, into: &writer)
      writer.endObject()
    }
    switch series.content {
    case .values(let values):
      writer.key("values")
      writer.beginArray()
      for value in values { Self.write(value, into: &writer) }
      writer.endArray()
    case .points(let points):
      writer.key("points")
      writer.beginArray()
      for point in points {
        writer.beginArray()
        writer.value(point.x)
        Self.write(point.y, into: &writer)
        if let label = point.label { writer.value(SafeText.line(label)) }
        writer.endArray()
      }
      writer.endArray()
    case .boxes(let boxes):
      writer.key("boxes")
      writer.beginArray()
      for box in boxes {
        guard let box else {
          writer.null()
          continue
        }
        writer.beginArray()
        for value in [box.low, box.lowerQuartile, box.median, box.upperQuartile, box.high] {
          Self.write(value, into: &writer)
        }
        writer.endArray()
      }
      writer.endArray()
    }
    writer.endObject()
  }

  /// A number as it is drawn and said: whole numbers exactly, others to the digits that the script shows, in half the bytes.
  private static func write(_ value: Double?, into writer: inout JSONWriter) {
    guard let value, value.isFinite else { return writer.null() }
    if value == value.rounded(.towardZero) || abs(value) >= 1e12 { return writer.value(value) }
    if abs(value) >= 1 { return writer.value((value * 100).rounded() / 100) }
    var scale = 1e4
    while abs(value) * scale < 1e3, scale < 1e15 { scale *= 10 }
    writer.value((value * scale).rounded() / scale)
  }
}
