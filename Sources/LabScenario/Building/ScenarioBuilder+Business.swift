extension ScenarioBuilder {
  mutating func population(_ value: Checked?) -> Population {
    Population(
      customers: integer(value, "customers"), organizations: integer(value, "organizations"),
      organizationIDs: texts(value, "organization_ids"), customerIDs: texts(value, "customer_ids"),
      activity: distribution(value, "activity"),
      archetypes: map(items(value, "archetypes")) { builder, item in
        Archetype(id: builder.text(item, "id"), share: item.share, rate: builder.number(item, "rate"))
      },
      tiers: map(items(value, "tiers")) { builder, item in
        Tier(id: builder.text(item, "id"), share: item.share, monthlyPrice: builder.money(item, "monthly_price_usd"))
      },
      regions: map(items(value, "regions")) { builder, item in
        Region(
          id: builder.text(item, "id"), share: item.share, utcOffset: builder.span(item, "utc_offset"),
          latencyFactor: builder.number(item, "latency_factor"))
      },
      signupsPerDay: number(value, "signups_per_day"), monthlyChurn: number(value, "monthly_churn"),
      monthlyUpgrades: number(value, "monthly_upgrades"), monthlyDowngrades: number(value, "monthly_downgrades"),
      tokenSigma: number(value, "token_sigma"), roamingShare: number(value, "roaming_share"))
  }

  mutating func feature(_ value: Checked) -> Feature {
    let cached = number(value, "cached_share")
    return Feature(
      id: text(value, "id"), share: value.share, inputTokens: distribution(value, "input_tokens"),
      outputTokens: distribution(value, "output_tokens"), cachedShare: cached,
      cacheWriteShare: number(value, "cache_write_share"), cacheWrite1hShare: number(value, "cache_write_1h_share"),
      reasoningShare: number(value, "reasoning_share"), cacheableShare: value["cacheable_share"]?.number ?? cached,
      batchShare: number(value, "batch_share"), flexShare: number(value, "flex_share"),
      priorityShare: number(value, "priority_share"), canWait: boolean(value, "can_wait"), routes: routes(value),
      tags: tags(value))
  }

  private mutating func routes(_ value: Checked) -> [Route] {
    map(value["routes"]?.items ?? []) { builder, item in
      Route(provider: builder.text(item, "provider"), model: builder.text(item, "model"), weight: item.share)
    }
  }

  /// In the order of their keys.
  private func tags(_ value: Checked) -> [Tag] {
    guard case .object(let keys) = value["tags"]?.content else { return [] }
    return keys.sorted { $0.key < $1.key }.compactMap { key, value in value.text.map { Tag(key: key, value: $0) } }
  }

  mutating func provider(_ value: Checked) -> Provider {
    Provider(
      id: text(value, "id"), share: value.share,
      models: map(items(value, "models")) { builder, item in
        Model(
          id: builder.text(item, "id"), weight: item.share,
          timeToFirstTokenMilliseconds: builder.number(item, "ttft_ms"),
          tokensPerSecond: builder.number(item, "tokens_per_second"))
      }, errorRate: number(value, "error_rate"),
      errors: ScenarioShape.errorTypes.map { Share(id: $0, share: value["errors"]?[$0]?.number ?? 0) },
      clusterLength: span(value, "cluster_length"), clusterFactor: number(value, "cluster_factor"),
      capacityPerHour: value["capacity_per_hour"]?.number)
  }
}
