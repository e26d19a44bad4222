import type { ExpositionFormat } from './exposition.ts'

/** The weight of one entry of an `Accept` field, RFC 9110 section 12.4.2. */
function weight(parameters: readonly string[]): number {
  const quality = parameters.find((parameter) => parameter.startsWith('q='))
  const value = quality === undefined ? 1 : Number(quality.slice(2))
  return value >= 0 && value <= 1 ? value : 0
}

/**
 * Which format an `Accept` field asks for: OpenMetrics when it is named and weighs no less than the
 * classic text, which is the answer to everything else.
 */
export function acceptedFormat(accept: string | undefined): ExpositionFormat {
  if (accept === undefined) return 'classic'
  let classic = 0
  let openmetrics = 0
  for (const entry of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = entry.split(';').map((part) => part.trim())
    const version = parameters.find((parameter) => parameter.startsWith('version='))
    if (type === 'application/openmetrics-text') {
      if (version === undefined || version === 'version=1.0.0') {
        openmetrics = Math.max(openmetrics, weight(parameters))
      }
    } else if (type === 'text/plain') {
      classic = Math.max(classic, weight(parameters))
    }
  }
  return openmetrics > 0 && openmetrics >= classic ? 'openmetrics' : 'classic'
}
