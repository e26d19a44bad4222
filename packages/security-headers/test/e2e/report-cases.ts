import { type AlfredEvents, createEventBus, noopLogger } from '@alfred/core'
import { describe, expect, it } from 'vitest'
import { createCspReports, createSecurityHeaders, type SecurityHeadersOptions } from '../../src/index.ts'
import { openTab, serverCertificate, type Tab } from './browser.ts'
import { type Site, startSite } from './site.ts'

const injected = '<!doctype html><body><script>globalThis.ran = true</script>'

interface Fixture {
  readonly tab: Tab
  readonly site: Site
  readonly told: readonly AlfredEvents['csp.violation'][]
}

/** Opens a page that holds an injected script, on a site that takes reports. */
async function setUp(
  scheme: 'http' | 'https',
  host: string,
  options: SecurityHeadersOptions,
): Promise<Fixture> {
  const events = createEventBus(noopLogger)
  const told: AlfredEvents['csp.violation'][] = []
  events.on('csp.violation', (event) => told.push(event))
  const site = await startSite({
    layers: [createSecurityHeaders(options), createCspReports({ events })],
    tls: scheme === 'https' ? serverCertificate() : undefined,
    app: (_request, response) => {
      response.setHeader('content-type', 'text/html')
      response.end(injected)
    },
  })
  const tab = await openTab(`${site.origin(host)}/account?id=7`)
  return { tab, site, told }
}

const reportUri = { directives: { reportUri: ['/csp-reports'] } }
const reportTo = { directives: { reportTo: ['csp'] } }
const reportingEndpoints = { csp: '/csp-reports' }

describe('a violation is told', () => {
  it.each<[string, 'http' | 'https', string, SecurityHeadersOptions, string, 'enforce' | 'report']>([
    [
      'by report-uri over HTTP',
      'http',
      'app.alfred.test',
      { contentSecurityPolicy: reportUri },
      'application/csp-report',
      'enforce',
    ],
    [
      'by report-uri over TLS',
      'https',
      'tls.alfred.test',
      { contentSecurityPolicy: reportUri },
      'application/csp-report',
      'enforce',
    ],
    [
      'by the Reporting API over TLS',
      'https',
      'tls.alfred.test',
      { reportingEndpoints, contentSecurityPolicy: reportTo },
      'application/reports+json',
      'enforce',
    ],
    [
      'by the Reporting API, of a policy on trial',
      'https',
      'tls.alfred.test',
      { reportingEndpoints, contentSecurityPolicy: false, contentSecurityPolicyReportOnly: reportTo },
      'application/reports+json',
      'report',
    ],
    [
      'by names of endpoints over HTTP',
      'http',
      'app.alfred.test',
      { reportingEndpoints, contentSecurityPolicy: reportTo },
      'application/csp-report',
      'enforce',
    ],
  ])('%s', async (_name, scheme, host, options, format, disposition) => {
    const { tab, site, told } = await setUp(scheme, host, options)
    await expect.poll(() => told).toHaveLength(1)
    expect(told).toEqual([
      {
        directive: 'script-src-elem',
        blocked: 'inline',
        page: '/account',
        source: `${site.origin(host)}/account`,
        line: 1,
        disposition,
        repeats: 0,
      },
    ])
    expect(site.received('/csp-reports').map(({ contentType }) => contentType)).toEqual([format])
    expect(await tab.evaluate('globalThis.ran')).toBe(disposition === 'report' ? true : undefined)
  })
})
