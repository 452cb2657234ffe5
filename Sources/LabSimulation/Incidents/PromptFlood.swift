import LabCore
import LabScenario

/// One customer's prompts grow, say because its client sends the whole history with every call; answers stay as they were.
///
/// Inputs are m times as long, at most the model's context.
struct PromptFlood: Incident {
  static let descriptor = IncidentDescriptor(
    id: "prompt_flood", summary: "A prompt flood: one customer's inputs grow, its outputs stay",
    parameters: [
      .incidentStart, .incidentLength("2d"), .incidentCustomer,
      ParameterDescriptor(
        "multiplier", .number(NumberRange(1, ScenarioLimits.magnitude)), "Factor on the customer's input tokens",
        default: 20),
    ])
  static let subject = IncidentSubject.customer
  static let scoredBy: [IncidentDetector] = [.abuse, .costEvents]

  let magnitude: Double

  init(_ setting: Setting) { magnitude = setting.number("multiplier") ?? 20 }

  var change: CallChange { CallChange(input: magnitude) }
}
