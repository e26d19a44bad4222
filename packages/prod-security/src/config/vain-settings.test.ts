import { noopLogger } from '@alfred/core'
import { expect, it, vi } from 'vitest'
import { alfredHardening } from '../alfred-hardening.ts'
import type { AlfredConfig } from './alfred-config.ts'

const sink = { name: 'a', deliver: () => Promise.resolve() }

const csp = (directives: object, more: object = {}): AlfredConfig => ({
  cspReports: true,
  headers: { contentSecurityPolicy: { directives }, ...more },
})

const reportingEndpoints = { csp: '/csp-reports', other: 'https://r.example/x' }

/** What a stack that is built logs about settings without an effect. */
async function hintsOf(config: AlfredConfig): Promise<readonly string[]> {
  const hints: string[] = []
  const keep = vi.fn((_fields: object, message: string) => hints.push(message))
  await alfredHardening({ ...config, logger: { ...noopLogger, info: keep, warn: keep } }).close()
  return hints
    .filter((hint) => /^(?:alerting has|cspReports receives)/.test(hint))
    .map((hint) => hint.slice(0, 8))
}

it.each<[string, AlfredConfig, readonly string[]]>([
  ['nothing of both', {}, []],
  ['alerting of nobody', { alerting: {} }, ['alerting']],
  ['empty sinks', { alerting: { errorTracker: { sinks: [] }, dispatcher: { sinks: [] } } }, []],
  ['a sink of errors', { alerting: { errorTracker: { sinks: [sink] } } }, []],
  ['a sink of alerts', { alerting: { dispatcher: { sinks: [sink] } } }, []],
  ['reports that are wired by themselves', { cspReports: true }, []],
  ['reports of a path of their own', { cspReports: { path: '/violations' } }, []],
  ['reports without a policy', { cspReports: true, headers: { contentSecurityPolicy: false } }, ['cspRepor']],
  ['reports without headers', { cspReports: true, headers: false }, ['cspRepor']],
  ['a report-uri', csp({ reportUri: '/csp-reports' }), []],
  ['a report-uri of this host', csp({ reportUri: 'https://a.example/csp-reports' }), []],
  ['a report-uri elsewhere', csp({ reportUri: 'https://r.example/other' }), ['cspRepor']],
  ['a report-to', csp({ reportTo: 'csp' }, { reportingEndpoints }), []],
  ['a report-to of another group', csp({ reportTo: 'other' }, { reportingEndpoints }), ['cspRepor']],
  [
    'a policy that only reports',
    {
      cspReports: true,
      headers: { contentSecurityPolicyReportOnly: { directives: { reportUri: '/csp-reports' } } },
    },
    [],
  ],
  [
    'an override',
    {
      cspReports: true,
      headers: {
        overrides: [{ path: '/a', contentSecurityPolicy: { directives: { reportUri: '/csp-reports' } } }],
      },
    },
    [],
  ],
])('hints at settings without an effect: %s', async (_what, config, expected) => {
  expect(await hintsOf(config)).toEqual(expected)
})

it.each<[string, AlfredConfig]>([
  ['report-uri', csp({ reportUri: '/other' })],
  ['report-to', csp({ reportTo: 'here' }, { reportingEndpoints: { here: '/other' } })],
])('refuses reports to another path of this server, by %s', (_name, config) => {
  expect(() => alfredHardening(config)).toThrow(/cspReports\.path: must be the path .* \/other/)
})
