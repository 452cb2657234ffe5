import LabJSON

/// The JSON Schema (draft 2020-12) of scenario files, made from the same shapes that check them.
///
/// It describes one file before merging: any key may be left out but `format`, `null` takes a value out, tables may hold
/// `$delete` items and stand as `$replace`. What depends on other values (sums of shares, references) is checked by the lab.
public enum ScenarioSchema {
  /// The schema as text, with a line feed at its end.
  public static func text(_ vocabulary: Vocabulary) -> String {
    var writer = JSONWriter()
    writer.value(SchemaMaker(vocabulary: vocabulary).root.node(source: 0))
    writer.endLine()
    return writer.text
  }
}

/// Makes schemas of shapes.
struct SchemaMaker {
  let vocabulary: Vocabulary

  var root: Literal {
    var properties = members(ScenarioShape.root.parameters)
    // A key that stands beside the phases is read as if it stood at the top level.
    for index in properties.indices where properties[index].key == "traffic" {
      properties[index].value = nullable(
        object(ScenarioShape.traffic.parameters + [ScenarioShape.root["repeat_until"]].compactMap { $0 }))
    }
    return [
      "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "scenario.schema.json",
      "title": "A scenario of finops-lab", "type": "object", "properties": .object(properties), "required": ["format"],
      "additionalProperties": false,
      "$defs": .object([
        .init(key: "pattern", value: variants(vocabulary.family(.pattern))),
        .init(key: "incident", value: variants(vocabulary.family(.incident))),
        .init(key: "tokens", value: variants(DistributionUse.tokens.family, isWhole: false)),
        .init(key: "activity", value: variants(DistributionUse.activity.family, isWhole: false)),
        .init(key: "metric", value: metric), .init(key: "filter", value: filter),
      ]),
    ]
  }

  // MARK: Objects

  private func members(_ parameters: [ParameterDescriptor]) -> [Literal.Member] {
    parameters.map { Literal.Member(key: $0.key, value: property($0)) }
  }

  /// A key's schema with its words and default.
  private func property(_ parameter: ParameterDescriptor) -> Literal {
    let schema = schema(parameter.shape)
    guard case .object(var members) = parameter.key == "format" ? schema : nullable(schema) else { return schema }
    let unit = parameter.unit.map { " (\($0))" } ?? ""
    let note = parameter.fallbackNote.map { "; default: \($0)" } ?? ""
    members.insert(.init(key: "description", value: .text(parameter.summary + unit + note)), at: 0)
    if let fallback = parameter.fallback, fallback != .object([]) {
      members.append(.init(key: "default", value: fallback))
    }
    return .object(members)
  }

  /// - Parameter required: keys without which the object means nothing in any file.
  private func object(_ parameters: [ParameterDescriptor], required: [String] = []) -> Literal {
    var schema: [Literal.Member] = [
      .init(key: "type", value: "object"), .init(key: "properties", value: .object(members(parameters))),
      .init(key: "additionalProperties", value: false),
    ]
    if !required.isEmpty { schema.append(.init(key: "required", value: .list(required.map { .text($0) }))) }
    return .object(schema)
  }

  /// - Parameter isWhole: whether the object never merges with one of another file, so that its required keys must be there.
  private func variants(_ family: VariantFamily, isWhole: Bool = true) -> Literal {
    // No kind exists: nothing is valid.
    if family.variants.isEmpty { return ["not": [:]] }
    return [
      "anyOf": .list(
        family.variants.map { variant in
          let required = isWhole ? [family.key] + variant.parameters.filter(\.isRequired).map(\.key) : []
          guard case .object(var schema) = object(variant.parameters, required: required) else { return [:] }
          let choice: Literal = ["description": .text(variant.summary), "const": .text(variant.id)]
          for index in schema.indices where schema[index].key == "properties" {
            guard case .object(let properties) = schema[index].value else { continue }
            schema[index].value = .object([.init(key: family.key, value: choice)] + properties)
          }
          return .object(schema)
        })
    ]
  }

  private func table(_ shape: ObjectShape, count: ClosedRange<Int>) -> Literal {
    guard case .object(var item) = object(shape.parameters, required: ["id"]) else { return [:] }
    for index in item.indices where item[index].key == "properties" {
      guard case .object(let properties) = item[index].value else { continue }
      let delete: Literal = [
        "description": "Takes the item of this id out of the scenario that this one extends", "const": true,
      ]
      item[index].value = .object(properties + [.init(key: "$delete", value: delete)])
    }
    let list = self.list(.object(item), count: count)
    let replace: Literal = [
      "type": "object", "properties": ["$replace": list], "required": ["$replace"], "additionalProperties": false,
    ]
    return ["anyOf": [list, replace]]
  }

  private func list(_ items: Literal, count: ClosedRange<Int>) -> Literal {
    [
      "type": "array", "items": items, "minItems": .number(String(count.lowerBound)),
      "maxItems": .number(String(count.upperBound)),
    ]
  }

  // MARK: Values

  func schema(_ shape: Shape) -> Literal {
    switch shape {
    case .number(let range): number("number", range)
    case .integer(let range): number("integer", range)
    case .boolean: ["type": "boolean"]
    case .text: ["type": "string", "maxLength": .number(String(ScenarioLimits.textLength))]
    case .identifier, .reference(.product), .reference(.feature), .reference(.provider), .reference(.archetype),
      .reference(.tier),
      .reference(.region), .reference(.organization), .reference(.customer):
      Self.identifier
    case .reference(.model):
      [
        "anyOf": [
          Self.identifier,
          [
            "type": "object", "properties": ["provider": Self.identifier, "model": Self.identifier],
            "required": ["provider", "model"], "additionalProperties": false,
          ],
        ]
      ]
    case .choice(let words): ["enum": .list(words.map { .text($0) })]
    case .span(let range): Self.text(range == .positive ? "^(?=.*[1-9])" + Self.span : "^" + Self.span)
    case .instant: Self.text(Self.instant)
    case .offset: Self.text("^(Z|[+-](0[0-9]|1[0-3])(:?[0-5][0-9])?|[+-]14(:?00)?)$")
    case .money:
      [
        "anyOf": [
          number("number", NumberRange(0, ScenarioLimits.dollars)),
          Self.text("^\\+?[0-9]*\\.?[0-9]+([eE][+-]?[0-9]+)?$"),
        ]
      ]
    case .interval(let range):
      ["anyOf": [number("number", range), list(number("number", range), count: 2...2)]]
    case .distribution(let use): ["$ref": use == .tokens ? "#/$defs/tokens" : "#/$defs/activity"]
    case .metric: ["$ref": "#/$defs/metric"]
    case .requirement: Self.text("^ *((<=|>=|==|!=|<|>) *\(Self.decimal)|\(Self.decimal) *\\.\\. *\(Self.decimal)) *$")
    case .filter: ["$ref": "#/$defs/filter"]
    case .list(.object(let item), let count):
      // These items have no id, so that none merges with one of another file.
      list(object(item.parameters, required: item.parameters.filter(\.isRequired).map(\.key)), count: count)
    case .list(let item, let count): list(schema(item), count: count)
    case .table(let item, let count): table(item, count: count)
    case .object(let object): self.object(object.parameters)
    case .dictionary(let item, let count):
      [
        "type": "object", "propertyNames": Self.identifier, "additionalProperties": nullable(schema(item)),
        "maxProperties": .number(String(count.upperBound)),
      ]
    case .mix(let keys): object(keys.map { ParameterDescriptor($0, .number(.share), "Its share") })
    case .setting(let family): ["$ref": family == .pattern ? "#/$defs/pattern" : "#/$defs/incident"]
    }
  }

  private func number(_ type: Literal, _ range: NumberRange) -> Literal {
    let low = Literal(floatLiteral: range.minimum)
    return .object([
      .init(key: "type", value: type), .init(key: range.isMinimumExcluded ? "exclusiveMinimum" : "minimum", value: low),
      .init(key: "maximum", value: Literal(floatLiteral: range.maximum)),
    ])
  }

  /// The same schema, which also allows `null`: in a file, it takes the value out.
  private func nullable(_ schema: Literal) -> Literal {
    guard case .object(var members) = schema else { return schema }
    for index in members.indices {
      switch (members[index].key, members[index].value) {
      case ("type", .text(let type)): members[index].value = .list([.text(type), "null"])
      case ("enum", .list(let words)): members[index].value = .list(words + [.null])
      case ("anyOf", .list(let forms)): members[index].value = .list(forms + [["type": "null"]])
      case ("$ref", _): return ["anyOf": [schema, ["type": "null"]]]
      default: continue
      }
      return .object(members)
    }
    return schema
  }

  private static let identifier: Literal = [
    "type": "string", "minLength": 1, "maxLength": .number(String(ScenarioLimits.identifierLength)),
    "pattern": "^(?!\\s)(?!.*\\s$)[^\\[\\]\"\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$",
  ]
  private static let decimal = "[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?"
  private static let span = "(?=.)([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?([0-9]+us)?$"
  private static let instant =
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)?)?$"

  private static func text(_ pattern: String) -> Literal { ["type": "string", "pattern": .text(pattern)] }

  private var metric: Literal {
    let fixed = vocabulary.metrics.filter { !$0.text.contains(MetricName.budgetPlaceholder) }.map {
      Literal.text($0.text)
    }
    let open = vocabulary.metrics.filter { $0.text.contains(MetricName.budgetPlaceholder) }
    let patterns = open.map { name -> Literal in
      let escaped = name.text.replacing(".", with: "\\.").replacing(MetricName.budgetPlaceholder, with: ".+")
      return Self.text("^\(escaped)$")
    }
    return ["anyOf": .list([["enum": .list(fixed)]] + patterns)]
  }

  private var filter: Literal {
    let value: Literal = ["type": ["string", "number", "boolean"]]
    return [
      "type": "object",
      "propertyNames": [
        "anyOf": [["enum": .list(vocabulary.columns.map { .text($0) })], Self.text("^metadata\\..+$")]
      ],
      "additionalProperties": ["anyOf": [value, ["type": "array", "items": value, "minItems": 1], ["type": "null"]]],
    ]
  }
}
