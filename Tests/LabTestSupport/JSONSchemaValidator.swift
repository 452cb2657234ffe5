import Foundation
import Testing

/// An independent JSON Schema validator: Python's `jsonschema`, where it is installed.
public enum JSONSchemaValidator {
  public static let isPresent: Bool = {
    let run = try? ProcessRun.run(
      "/usr/bin/env", ["python3", "-c", "import jsonschema; jsonschema.Draft202012Validator"])
    return run?.exitCode == 0
  }()
  /// The sentence that the test run shows when it isn't there.
  public static let absence: Comment = "skipped: python3 with the package 'jsonschema' is not installed"

  /// What the validator says of each instance: nil for a valid one, else its first error.
  public static func errors(schema: String, instances: [String]) throws -> [String?] {
    let folder = try TemporaryFolder("schema")
    let schemaPath = try folder.write(schema, to: "schema.json")
    let instancePath = try folder.write(
      String(decoding: try JSONEncoder().encode(instances), as: UTF8.self), to: "instances.json")
    let run = try ProcessRun.run("/usr/bin/env", ["python3", "-c", script, schemaPath, instancePath])
    guard run.exitCode == 0 else { throw Failure(text: run.errors) }
    return try JSONDecoder().decode([String?].self, from: Data(run.outputBytes))
  }

  public struct Failure: Error, CustomStringConvertible {
    public var text: String
    public var description: String { text }
  }

  private static let script = """
    import json, sys, jsonschema
    schema = json.load(open(sys.argv[1]))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    answers = []
    for text in json.load(open(sys.argv[2])):
      error = next(validator.iter_errors(json.loads(text)), None)
      answers.append(None if error is None else f"{error.json_path}: {error.message[:200]}")
    print(json.dumps(answers))
    """
}
