extension Chart {
  /// The most points per series that a report draws (the design's limit; a screen has few more columns).
  public static let pointLimit = 1000

  /// The chart with at most `limit` points in each series of points: buckets along the series keep their least and their
  /// greatest value, so that peaks stay. Series of values per category are left alone: their categories are names.
  public func limited(toPoints limit: Int = Chart.pointLimit) -> Chart {
    var chart = self
    for index in chart.series.indices {
      if case .points(let points) = chart.series[index].content {
        chart.series[index].content = .points(Self.bucketed(points, limit: limit))
      }
    }
    return chart
  }

  /// At most `limit` of the points: the first and the last, and from each bucket of neighbours between them the least and
  /// the greatest, in their order. A bucket of gaps alone stays one gap.
  public static func bucketed(_ points: [Point], limit: Int) -> [Point] {
    guard points.count > limit, let first = points.first, let last = points.last else { return points }
    guard limit >= 4 else { return Array(points.prefix(max(0, limit))) }
    let inner = points.count - 2
    let buckets = (limit - 2) / 2
    var kept = [first]
    for bucket in 0..<buckets {
      let start = 1 + inner * bucket / buckets
      let end = 1 + inner * (bucket + 1) / buckets
      var least: Int?
      var greatest: Int?
      for index in start..<end {
        guard let y = points[index].y else { continue }
        if let known = least.flatMap({ points[$0].y }), y >= known {} else { least = index }
        if let known = greatest.flatMap({ points[$0].y }), y <= known {} else { greatest = index }
      }
      guard let least, let greatest else {
        if start < end { kept.append(points[start]) }
        continue
      }
      kept.append(points[min(least, greatest)])
      if least != greatest { kept.append(points[max(least, greatest)]) }
    }
    kept.append(last)
    return kept
  }
}
