import LabCore
import LabScenario
import Testing

/// One wrong value each, on the second line of a scenario, and the whole report; ▸ marks the place that it must name.
@Suite struct ChecksTests {
  @Test(
    arguments: [
      // Shapes
      (#"▸"sed":1"#, "unknown key 'sed'\n  at sed\n  help: did you mean 'seed'?"),
      (
        #"▸"calls_per_hour":1"#,
        "unknown key 'calls_per_hour'\n  at calls_per_hour\n  help: did you mean 'traffic.calls_per_hour'? 'calls_per_hour' has its place there"
      ),
      (#""seed":▸"x""#, "expected a whole number, found 'x'\n  at seed"),
      (#""seed":▸1.5"#, "'seed' must be a whole number, found 1.5\n  at seed"),
      (
        #""seed":▸-1"#,
        "'seed' must be at least 0, found -1\n  at seed\n  help: leave the key out to use the default, 42"
      ),
      (#""population":▸[]"#, "expected an object, found an array\n  at population"),
      (#""features":▸{}"#, "expected an array, found an object\n  at features"),
      (#""features":▸[]"#, "'features' needs at least 1 item, found 0\n  at features"),
      (
        #""name":▸"a\nb""#,
        "'a\nb' can't be a name: it holds a line break, quote, bracket or control character\n  at name\n  help: names may hold anything but line breaks, quotes, brackets and blanks at their ends"
      ),
      (
        #""traffic":{"patterns":[{"pattern":"burst","multiplier":▸-3}]}"#,
        "'multiplier' must be greater than 0, found -3\n  at traffic.patterns[0].multiplier\n  help: leave the key out to use the default, 5 to 20"
      ),
      (
        #""traffic":{"patterns":[{"pattern":"burst","multiplier":▸[9,3]}]}"#,
        "the interval begins at 9, above its end 3\n  at traffic.patterns[0].multiplier"
      ),
      (
        #""traffic":{"patterns":[{"pattern":▸"burts"}]}"#,
        "there is no pattern 'burts'\n  at traffic.patterns[0].pattern\n  help: did you mean 'burst'?"
      ),
      (#""traffic":{"patterns":[▸{"probability":0.1}]}"#, "key 'pattern' is missing\n  at traffic.patterns[0]"),
      (
        #""traffic":{"patterns":[{"pattern":"burst",▸"peak":2}]}"#,
        "unknown key 'peak'\n  at traffic.patterns[0].peak\n  help: known keys: multiplier, pattern, probability"
      ),
      (
        #""incidents":[{"kind":▸"outage","at":"3d"}]"#,
        "there are no incident kinds in this version, so none 'outage'\n  at incidents[0].kind"
      ),
      // Times and amounts
      (
        #""duration":▸14"#,
        "expected a duration such as '14d' or '12d3h', found 14\n  at duration\n  help: add a unit: '14d' are days, '14h' hours"
      ),
      (
        #""duration":▸"14 days""#,
        "expected a duration such as '14d' or '12d3h', found '14 days'\n  at duration\n  help: units are w, d, h, m, s, ms and us, the largest first"
      ),
      (
        #""duration":▸"0s""#,
        "'duration' must be longer than 0, found '0s'\n  at duration\n  help: leave the key out to use the default, 14d"
      ),
      (#""start":▸"2026-02-30""#, "expected a time such as '2026-01-05T00:00:00Z', found '2026-02-30'\n  at start"),
      (
        #""population":{"regions":[{"id":"r","utc_offset":▸"-25:00"}]}"#,
        "expected an offset from UTC such as '-05:00', found '-25:00'\n  at population.regions[r].utc_offset"
      ),
      (
        #""population":{"tiers":[{"id":"t","monthly_price_usd":▸"$49"}]}"#,
        "expected an amount of USD, found '$49'\n  at population.tiers[t].monthly_price_usd\n  help: write a number of USD from 0 to 1,000,000,000, such as 49 or 0.25, without a sign or unit"
      ),
      // Shares
      (
        #""products":▸[{"id":"a","share":0.5},{"id":"b","share":0.4}]"#,
        "the shares of 'products' sum to 0.9, not to 1\n  at products\n  help: write 'weight' in place of 'share' to have them normalised, or leave both out for equal shares"
      ),
      (
        #""products":[{"id":"a","share":1},▸{"id":"b"}]"#,
        "'share' is missing here, while others of the list have one\n  at products[b]\n  help: give every item one, or none for equal shares"
      ),
      (
        #""products":[{"id":"a","share":▸1,"weight":1}]"#,
        "'weight' stands beside 'share'; one of the two says it all\n  at products[a].share"
      ),
      (#""products":▸[{"id":"a","weight":0}]"#, "the weights of 'products' are all 0\n  at products"),
      (
        #""products":[{"id":"a"},{"id":▸"a"}]"#,
        "id 'a' is used twice; the first is in line 2\n  at products[1].id"
      ),
      (
        #""providers":[{"id":"openai","models":[{"id":"gpt-4o"}],"errors":▸{"timeout":0.5,"rate_limit":0.4}}]"#,
        "the shares of 'errors' sum to 0.9, not to 1\n  at providers[openai].errors\n  help: what is left out has share 0"
      ),
      (
        #""features":[{"id":"f","cached_share":0.6,"cache_write_share":▸0.5}]"#,
        "'cached_share' + 'cache_write_share' is 1.1, more than 1\n  at features[f].cache_write_share"
      ),
      (
        #""features":[{"id":"f","cached_share":0.6,"cacheable_share":▸0.5}]"#,
        "'cacheable_share' is 0.5, less than 'cached_share', which is 0.6\n  at features[f].cacheable_share"
      ),
      // Names
      (
        #""traffic":{"patterns":[{"pattern":"feature_launch","feature":▸"caht"}]}"#,
        "there is no feature 'caht' in this scenario\n  at traffic.patterns[0].feature\n  help: did you mean 'chat'?"
      ),
      (
        #""traffic":{"patterns":[{"pattern":"model_migration","from":▸"gpt-4o","to":"openai/gpt-4.1"}]}"#,
        "model 'gpt-4o' is served by 'openai', 'azure'\n  at traffic.patterns[0].from\n  help: write 'openai/gpt-4o'"
      ),
      (
        #""features":[{"id":"f","routes":[{"provider":▸"opnai","model":"gpt-4o"}]}]"#,
        "there is no provider 'opnai' in this scenario\n  at features[f].routes[0].provider\n  help: did you mean 'openai'?"
      ),
      (
        #""features":[{"id":"f","routes":[{"provider":"openai","model":▸"gpt-4"}]}]"#,
        "provider 'openai' has no model 'gpt-4' in this scenario\n  at features[f].routes[0].model\n  help: did you mean 'gpt-4.1', 'gpt-4o' or 'gpt-4o-mini'?"
      ),
      (
        #""providers":[{"id":"openai","models":[{"id":▸"gpt-4oo"}]}]"#,
        "price book '2026-11.json' has no model 'gpt-4oo' of provider 'openai'\n  at providers[openai].models[gpt-4oo].id\n  help: did you mean 'gpt-4o' or 'gpt-4.1'?"
      ),
      (
        #""providers":[{"id":▸"opnai","models":[{"id":"gpt-4o"}]}]"#,
        "price book '2026-11.json' has no provider 'opnai'\n  at providers[opnai].id\n  help: did you mean 'openai'?"
      ),
      (
        #""thresholds":[{"id":"t","metric":▸"understanding.total_cost","must":"<= 1"}]"#,
        "there is no metric 'understanding.total_cost'\n  at thresholds[t].metric\n  help: did you mean 'understanding.total_cost_usd'?"
      ),
      (
        #""thresholds":[{"id":"t","metric":▸"understanding.budget.ai.burn_usd","must":"<= 1"}]"#,
        "there is no metric 'understanding.budget.ai.burn_usd'\n  at thresholds[t].metric\n  help: metrics of understanding: understanding.total_calls, understanding.total_cost_usd"
      ),
      (
        #""thresholds":[{"id":"t","metric":"understanding.total_calls","must":▸"about 5"}]"#,
        "expected a requirement such as '<= 12000' or '100..200', found 'about 5'\n  at thresholds[t].must\n  help: write <, <=, >, >=, == or != and a number, or a range such as 100..200"
      ),
      (
        #""thresholds":[{"id":"t","metric":"understanding.total_calls","must":"< 5","severity":▸"warm"}]"#,
        "'warm' is no value of 'severity'\n  at thresholds[t].severity\n  help: did you mean 'warn'?"
      ),
      (
        #""budgets":[{"id":"b","monthly_usd":5,"where":{▸"regon":"us-east"}}]"#,
        "there is no column 'regon'\n  at budgets[b].where.regon\n  help: did you mean 'region'?"
      ),
      (
        #""budgets":[{"id":"b","monthly_usd":5,"where":{"region":["us-east",▸"us-weast"]}}]"#,
        "there is no region 'us-weast' in this scenario\n  at budgets[b].where.region[1]\n  help: did you mean 'us-east' or 'us-west'?"
      ),
      (
        #""budgets":[{"id":"b","monthly_usd":5,"where":{"status":▸"failed"}}]"#,
        "'failed' is no value of 'status'\n  at budgets[b].where.status\n  help: values: success, error"
      ),
      (#""budgets":[▸{"id":"b"}]"#, "key 'monthly_usd' is missing\n  at budgets[b]"),
      // Distributions
      (
        #""features":[{"id":"f","input_tokens":{"distribution":▸"gauss"}}]"#,
        "there is no distribution 'gauss'\n  at features[f].input_tokens.distribution\n  help: distributions: constant, empirical, lognormal, normal, uniform"
      ),
      (
        #""features":[{"id":"f","input_tokens":{"distribution":"normal","mean":5,"sd":1,"min":▸9,"max":3}}]"#,
        "'min' is 9, above 'max', which is 3\n  at features[f].input_tokens.min"
      ),
      (
        #""features":[{"id":"f","input_tokens":{"distribution":"empirical","quantiles":▸[1,3,2]}}]"#,
        "the values of 'quantiles' must not fall\n  at features[f].input_tokens.quantiles"
      ),
      // The run
      (
        #""repeat_until":▸{"megabytes":5,"rows":5}"#,
        "one of 'megabytes' and 'rows' belongs here, found both\n  at repeat_until"
      ),
      (#""repeat_until":▸{}"#, "one of 'megabytes' and 'rows' belongs here, found none\n  at repeat_until"),
      (
        #""duration":▸"1d","traffic":{"phases":[{"name":"p","duration":"1d"}]}"#,
        "'duration' stands in one file with 'traffic.phases', which takes its place\n  at duration\n  help: a file has 'traffic.phases', or 'duration' and 'traffic.patterns'"
      ),
      (
        #""population":{"customers":2,"customer_ids":▸["a","b","c"]}"#,
        "'customer_ids' names 3, more than the 2 that there are\n  at population.customer_ids"
      ),
      (
        #""population":{"customer_ids":["a",▸"a"]}"#,
        "id 'a' is used twice; the first is in line 2\n  at population.customer_ids[1]"
      ),
      (#""prices":▸"nosuch.json""#, "no file 'nosuch.json'\n  at prices"),
      (#""extends":▸"nosuch.json""#, "no file 'nosuch.json'\n  at extends"),
    ])
  func `a wrong value is reported with its place, its path and what to do`(_ marked: String, _ words: String) throws {
    let column = try #require(marked.firstIndex(of: "▸").map { marked.distance(from: marked.startIndex, to: $0) + 1 })
    let found = try Desk.line(marked.filter { $0 != "▸" }).failure().description
    #expect(found == "s.json:2:\(column): error: " + words)
  }

  @Test func `all problems of a file come out together, from top to bottom`() throws {
    let desk = Desk(
      """
      {
        "format": "finops-lab/scenario/1",
        "sed": 1,
        "duration": "2 weeks",
        "population": { "customers": "many", "monthly_churn": 2 },
        "features": [ { "id": "chat", "share": 0.5 }, { "id": "search", "share": 0.6 } ],
        "traffic": { "patterns": [ { "pattern": "burst", "probability": 7 } ] },
        "thresholds": [ { "id": "t", "metric": "understanding.total_calls", "must": "<> 3" } ]
      }
      """)
    #expect(
      try desk.problems() == [
        "s.json:3:3: unknown key 'sed'",
        "s.json:4:15: expected a duration such as '14d' or '12d3h', found '2 weeks'",
        "s.json:5:32: expected a whole number, found 'many'",
        "s.json:5:57: 'monthly_churn' must be between 0 and 1, found 2",
        "s.json:6:15: the shares of 'features' sum to 1.1, not to 1",
        "s.json:7:67: 'probability' must be between 0 and 1, found 7",
        "s.json:8:79: expected a requirement such as '<= 12000' or '100..200', found '<> 3'",
      ])
    #expect(try desk.failure().kind == .invalidInput)
  }

  @Test func `a missing file alone is not found, and beside other problems the scenario is invalid`() throws {
    #expect(try Desk.line(#""prices":"nosuch.json""#).failure().kind == .notFound)
    let both = try Desk.line(#""prices":"nosuch.json","seed":"x""#).failure()
    #expect(both.kind == .invalidInput)
    #expect(both.diagnostics.count == 2)
    #expect(try Desk().failure("nosuch.json").kind == .notFound)
  }

  @Test func `the format is required and must be the one that is read`() throws {
    #expect(try Desk("{}").problems() == ["s.json:1:1: key 'format' is missing"])
    #expect(
      try Desk(#"{"format":"finops-lab/scenario/2"}"#).problems() == [
        "s.json:1:11: this version reads the format 'finops-lab/scenario/1', found 'finops-lab/scenario/2'"
      ])
    #expect(try Desk("[]").problems() == ["s.json:1:1: expected an object, found an array"])
  }

  @Test func `shares may miss 1 by rounding and no more`() throws {
    _ = try Desk.line(
      #""products":[{"id":"a","share":0.3333333333},{"id":"b","share":0.3333333333},{"id":"c","share":0.3333333334}]"#
    ).load()
    #expect(throws: LabFailure.self) {
      try Desk.line(
        #""products":[{"id":"a","share":0.33333333},{"id":"b","share":0.33333333},{"id":"c","share":0.33333333}]"#
      ).load()
    }
  }

  @Test func `a budget of the scenario has its metrics, and where takes values, lists and tags`() throws {
    let scenario = try Desk.line(
      #""budgets":[{"id":"ai","monthly_usd":30000}],"thresholds":[{"id":"t","metric":"understanding.budget.ai.burn_usd","must":"100..200","where":{"provider":["openai","google"],"metadata.team":"search","customer_id":7},"severity":"warn","no_data":"pass"}]"#
    ).load().scenario
    let threshold = scenario.thresholds[0]
    #expect(threshold.must == .within(100, 200))
    #expect(threshold.severity == .warn && threshold.passesWithoutData)
    #expect(
      threshold.filter.terms.map { "\($0.key)=\($0.values)" } == [
        #"provider=["openai", "google"]"#, #"metadata.team=["search"]"#, #"customer_id=["7"]"#,
      ])
    #expect(scenario.budgets[0].monthly == Money(nanodollars: 30_000_000_000_000))
  }

  @Test func `a model is named with its provider, alone where it is the only one, or as an object`() throws {
    let pattern = try Desk.line(
      #""traffic":{"patterns":[{"pattern":"model_migration","from":"gpt-4.1","to":{"provider":"azure","model":"gpt-4o"}},{"pattern":"model_migration","from":"azure/gpt-4o"}]}"#
    ).load().scenario.phases[0].patterns
    #expect(pattern[0].model("from")?.provider == "openai")
    #expect(pattern[0].model("to")?.provider == "azure")
    #expect(pattern[1].model("from")?.model == "gpt-4o")
  }

  @Test func `a default model that the chosen price book lacks is told at the price book's name`() throws {
    let problems = try Desk.line(#""prices":"prices/classic.json""#).problems()
    #expect(problems.contains("s.json:2:10: price book 'classic.json' has no model 'gpt-4.1' of provider 'openai'"))
    #expect(problems.allSatisfy { $0.hasPrefix("s.json:2:10: price book") })
  }
}
