import LabAnalysis
import LabScenario
import LabSimulation

/// The pages of the repository that are made from descriptors; tests hold the files to them.
public enum GeneratedDocs {
  /// The pages by their path from the project's root.
  public static func pages() -> [(path: String, text: String)] {
    [
      ("docs/analyzers.md", AnalyzerDocument.markdown()), ("docs/patterns.md", PatternReference.markdown()),
      ("docs/incidents.md", IncidentReference.markdown()),
      ("docs/scenario-reference.md", ScenarioReference.markdown(LabVocabulary.current)),
      ("scenarios/scenario.schema.json", schema()),
    ]
  }

  /// The JSON Schema of scenario files.
  public static func schema() -> String { ScenarioSchema.text(LabVocabulary.current) }
}
