/**
 * The release that runs: `service.version` of `OTEL_RESOURCE_ATTRIBUTES`, which is `key=value` pairs with percent-encoded
 * values, separated by commas (OpenTelemetry specification, "Resource SDK").
 */
export function releaseIdOf(attributes: string | undefined): string | undefined {
  const pairs = attributes?.split(',').map((pair) => pair.trim().split('=', 2)) ?? []
  const [, value] = pairs.find(([key]) => key?.trim() === 'service.version') ?? []
  try {
    return value === undefined ? undefined : decodeURIComponent(value.trim()) || undefined
  } catch {
    return undefined
  }
}
