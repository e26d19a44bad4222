import { parseAccept } from '@alfred/core'
import type { ExpositionFormat } from './exposition.ts'

/**
 * Which format an `Accept` field asks for: OpenMetrics when it is named and weighs no less than the
 * classic text, which is the answer to everything else.
 */
export function acceptedFormat(accept: string | undefined): ExpositionFormat {
  if (accept === undefined) return 'classic'
  let classic = 0
  let openmetrics = 0
  for (const { type, parameters, quality } of parseAccept(accept)) {
    const version = parameters.get('version')
    if (type === 'application/openmetrics-text') {
      if (version === undefined || version === '1.0.0') openmetrics = Math.max(openmetrics, quality)
    } else if (type === 'text/plain') {
      classic = Math.max(classic, quality)
    }
  }
  return openmetrics > 0 && openmetrics >= classic ? 'openmetrics' : 'classic'
}
