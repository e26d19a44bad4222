import { AlfredConfigError } from '@alfred/core'
import { describe, expect, it } from 'vitest'
import type { AlfredConfig } from './alfred-config.ts'
import { alfredHardening } from '../alfred-hardening.ts'
import { stackPeers } from './stack-peers.ts'

const rows = Object.entries(stackPeers).flatMap(([library, options]) =>
  Object.entries(options).map(([name, option]) => {
    const { ours, note } = typeof option === 'string' ? { ours: option, note: undefined } : option
    return { library, name, ours, note }
  }),
)

function problemsOf(config: unknown): AlfredConfigError['problems'] {
  try {
    void alfredHardening(config as AlfredConfig).close()
    return []
  } catch (error) {
    if (error instanceof AlfredConfigError) return error.problems
    throw error
  }
}

/** A configuration with `value` at a path such as `rateLimit.policies[].limit`. */
function configWith(path: string, value: unknown): unknown {
  const [first = '', ...rest] = path.split('.')
  const inner = rest.length === 0 ? value : configWith(rest.join('.'), value)
  return first.endsWith('[]') ? { [first.slice(0, -2)]: [inner] } : { [first]: inner }
}

const places = [...new Set(rows.flatMap(({ ours }) => (ours === undefined ? [] : [ours])))]

describe('where the table sends a reader', () => {
  it.each(places)('%s is an option', (path) => {
    const problems = problemsOf(configWith(path, Symbol('no option takes this')))
    const at = path.replaceAll('[]', '[0]')
    expect(problems.map((problem) => problem.path)).toContain(at)
    expect(problems.filter(({ code }) => code === 'ALFRED_CONFIG_UNKNOWN_KEY')).toEqual([])
  })
})

describe('a name of another library', () => {
  it.each(rows)('$name of $library is answered at the top', ({ name, ours, note }) => {
    const [problem] = problemsOf({ [name]: 1 })
    expect(problem).toMatchObject({ code: 'ALFRED_CONFIG_UNKNOWN_KEY' })
    expect(problem?.message).toMatch(/^is an option of .+; here /)
    expect(ours ?? note).toBeDefined()
  })

  it.each<[string, unknown, string]>([
    ['a limiter', { rateLimit: { windowMs: 1 } }, 'here it is rateLimit.policies[].windowMs.'],
    ['a policy', { rateLimit: { policies: [{ max: 1 }] } }, 'here it is rateLimit.policies[].limit.'],
    ['a body parser', { bodyGuard: { limit: '1mb' } }, 'here it is bodyGuard.maxBytes, in bytes.'],
    ['a query parser', { requestLimits: { arrayLimit: 1 } }, 'here it is requestLimits.maxParameters.'],
    ['headers', { headers: { featurePolicy: {} } }, 'here it is headers.permissionsPolicy.'],
    ['CORS', { cors: { origin: [], strictPreflight: true } }, 'here allowed preflights end with 204'],
    ['CSRF', { csrf: { cookie: true } }, 'here there is no token: Sec-Fetch-Site and Origin decide.'],
    ['metrics', { metrics: { collectDefaultMetrics: true } }, 'here it is metrics.runtime.'],
    ['probes', { health: { healthChecks: {} } }, 'here it is health.checks.'],
    [
      'an error tracker',
      { alerting: { dsn: 'https://a@b.example/1' } },
      'here it is alerting.errorTracker.sinks',
    ],
    ['tracing', { tracing: { serviceName: 'a' } }, 'here it belongs to your OpenTelemetry SDK.'],
  ])('is answered inside the options of %s', (_what, config, expected) => {
    expect(problemsOf(config)[0]?.message).toContain(expected)
  })
})
