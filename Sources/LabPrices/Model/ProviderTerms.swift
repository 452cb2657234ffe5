import LabCore

/// What is agreed with a provider apart from its list prices.
public struct ProviderTerms: Hashable, Sendable {
  public var id: String
  /// Taken off every list price, in 10⁻⁶: 12.5 percent is 125,000.
  public var discountPartsPerMillion: Int64
  /// What a failed call is billed.
  public var billErrors: ErrorBilling

  public init(id: String, discountPartsPerMillion: Int64 = 0, billErrors: ErrorBilling = .usual) {
    self.id = id
    self.discountPartsPerMillion = discountPartsPerMillion
    self.billErrors = billErrors
  }

  /// The discount for drawing and sentences.
  public var discountPercent: Double { Double(discountPartsPerMillion) / 10_000 }
}

/// What is billed of a failed call, by kind of failure.
public struct ErrorBilling: Hashable, Sendable {
  public enum Rule: UInt8, CaseIterable, Sendable {
    /// Nothing.
    case free
    /// The input, not what was generated before the failure.
    case input
    /// Input and what was generated.
    case full

    public var name: String {
      switch self {
      case .free: "free"
      case .input: "input"
      case .full: "full"
      }
    }
    public init?(name: String) {
      guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
      self = found
    }
  }

  public var timeout: Rule
  public var rateLimit: Rule
  public var authError: Rule
  public var serverError: Rule

  public init(timeout: Rule, rateLimit: Rule, authError: Rule, serverError: Rule) {
    self.timeout = timeout
    self.rateLimit = rateLimit
    self.authError = authError
    self.serverError = serverError
  }

  /// The field's habit: a refused or broken call is free, a timeout bills input and what was generated.
  public static let usual = ErrorBilling(timeout: .full, rateLimit: .free, authError: .free, serverError: .free)

  public subscript(outcome: CallOutcome) -> Rule {
    get {
      switch outcome {
      case .success: .full
      case .timeout: timeout
      case .rateLimit: rateLimit
      case .authError: authError
      case .serverError: serverError
      }
    }
    set {
      switch outcome {
      case .success: break
      case .timeout: timeout = newValue
      case .rateLimit: rateLimit = newValue
      case .authError: authError = newValue
      case .serverError: serverError = newValue
      }
    }
  }
}

/// An offer of lower prices for a promised spend.
public struct CommitmentOffer: Hashable, Sendable {
  /// What it is for: all of a provider, or one of its models.
  public enum Scope: Hashable, Sendable {
    case provider(String)
    case model(provider: String, model: String)
  }

  public var scope: Scope
  /// The committed price over the list price, above 0 and at most 1.
  public var ratio: Double
  /// As written, such as `1y`.
  public var term: String
  /// The committed spend per hour that one unit stands for.
  public var unitPerHour: Money
  /// The fewest units that can be bought.
  public var minimumUnits: Int64

  public init(scope: Scope, ratio: Double, term: String, unitPerHour: Money, minimumUnits: Int64) {
    self.scope = scope
    self.ratio = ratio
    self.term = term
    self.unitPerHour = unitPerHour
    self.minimumUnits = minimumUnits
  }

  public var provider: String {
    switch scope {
    case .provider(let provider), .model(let provider, _): provider
    }
  }
}

/// A discount on the part of a year's spend with a provider that lies above an amount.
public struct VolumeTier: Hashable, Sendable {
  public var provider: String
  public var fromAnnual: Money
  /// 0 to 100.
  public var percent: Double

  public init(provider: String, fromAnnual: Money, percent: Double) {
    self.provider = provider
    self.fromAnnual = fromAnnual
    self.percent = percent
  }
}
