import LabCore

/// A chart as data; each renderer draws it as well as its medium allows, and none draws what the data doesn't hold.
public struct Chart: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case line, bar
    case stackedBar = "stacked_bar"
    case groupedBar = "grouped_bar"
    case doughnut, scatter, histogram, pareto
    /// A line with a band around it: series of role ``Series/Role/lower`` and ``Series/Role/upper``.
    case fan
    /// Series are rows, categories are columns.
    case heatmap
    /// Quartile boxes, one per category.
    case box
    /// Bars that start where the one before ended; totals have role ``Series/Role/total``.
    case waterfall
  }

  public struct Axis: Hashable, Sendable {
    public enum Scale: String, Hashable, Sendable { case category, linear, logarithmic, time }
    public var label: String
    public var unit: Unit
    public var scale: Scale

    /// - Parameter scale: on a time axis x is in seconds since 1970 UTC.
    public init(_ label: String, unit: Unit = .none, scale: Scale = .linear) {
      self.label = label
      self.unit = unit
      self.scale = scale
    }

    /// `Cost (USD)`, but `Calls`, which says its unit.
    public var title: String { unit.symbol.isEmpty || unit.isSaid(by: label) ? label : "\(label) (\(unit.symbol))" }
  }

  public struct Point: Hashable, Sendable {
    public var x: Double
    /// Nil is a gap.
    public var y: Double?
    public var label: String?

    public init(x: Double, y: Double?, label: String? = nil) {
      self.x = x
      self.y = y.flatMap { $0.isFinite ? $0 : nil }
      self.label = label
    }

    /// A point on a time axis.
    public init(at instant: Instant, _ y: Double?, label: String? = nil) {
      self.init(x: Double(instant.microseconds) / 1e6, y: y, label: label)
    }
  }

  public struct Box: Hashable, Sendable {
    public var low: Double
    public var lowerQuartile: Double
    public var median: Double
    public var upperQuartile: Double
    public var high: Double

    public init(low: Double, lowerQuartile: Double, median: Double, upperQuartile: Double, high: Double) {
      self.low = low
      self.lowerQuartile = lowerQuartile
      self.median = median
      self.upperQuartile = upperQuartile
      self.high = high
    }
  }

  public struct Series: Hashable, Sendable {
    public enum Role: String, Hashable, Sendable {
      case main
      /// The edges of a band.
      case lower, upper
      /// A limit or target.
      case reference
      /// Single marked moments.
      case events
      /// A sum in a waterfall.
      case total
      /// The running share of a Pareto chart, on a second axis of 0 to 100 %.
      case cumulative
    }
    public enum Content: Hashable, Sendable {
      /// One value per category of the chart; nil is a gap.
      case values([Double?])
      /// Points of a chart whose x axis is a number or a time, in rising x.
      case points([Point])
      /// One box per category.
      case boxes([Box?])
    }
    public var name: String
    public var role: Role
    public var unit: Unit?
    public var content: Content

    public init(_ name: String, values: [Double?], role: Role = .main, unit: Unit? = nil) {
      self.init(name, content: .values(values.map { $0.flatMap { $0.isFinite ? $0 : nil } }), role: role, unit: unit)
    }
    public init(_ name: String, points: [Point], role: Role = .main, unit: Unit? = nil) {
      self.init(name, content: .points(points), role: role, unit: unit)
    }
    public init(_ name: String, boxes: [Box?], role: Role = .main, unit: Unit? = nil) {
      self.init(name, content: .boxes(boxes), role: role, unit: unit)
    }
    private init(_ name: String, content: Content, role: Role, unit: Unit?) {
      self.name = name
      self.content = content
      self.role = role
      self.unit = unit
    }
  }

  public var id: String
  /// States the finding: `gpt-4o makes 61 % of the cost`.
  public var title: String
  public var kind: Kind
  public var x: Axis
  public var y: Axis
  /// The names along a category axis, in order; empty for charts of points.
  public var categories: [String]
  public var series: [Series]
  /// The table that holds the same numbers.
  public var tableID: String?
  /// What a reader should know about how it was made.
  public var note: String?
  /// Whether a rise of a waterfall is welcome, as of revenue; of cost it isn't.
  public var risesAreGood: Bool

  public init(
    id: String, title: String, kind: Kind, x: Axis, y: Axis, categories: [String] = [], series: [Series],
    tableID: String? = nil, note: String? = nil, risesAreGood: Bool = false
  ) {
    self.id = id
    self.title = title
    self.kind = kind
    self.x = x
    self.y = y
    self.categories = categories
    self.series = series
    self.tableID = tableID
    self.note = note
    self.risesAreGood = risesAreGood
  }
}
