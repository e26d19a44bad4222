import { ServerResponse } from 'node:http'
import { eventContract } from '@alfred/testkit'
import { createRequest, exchange } from '../test/support/exchange.ts'
import { createCors, createCspReports, createCsrf } from './index.ts'

eventContract<'cors' | 'csp' | 'csrf'>({
  'cors.denied': {
    event: { method: 'GET', preflight: false },
    cause: (events) =>
      exchange(createCors({ origin: ['https://app.example.com'], events }), {
        headers: { Origin: 'https://evil.example' },
      }),
  },
  'csrf.denied': {
    event: { method: 'POST', reason: 'cross-site' },
    cause: (events) =>
      exchange(createCsrf({ events }), { method: 'POST', headers: { 'Sec-Fetch-Site': 'cross-site' } }),
  },
  'csp.violation': {
    event: { directive: 'script-src', blocked: 'inline', page: '/page', disposition: 'enforce', repeats: 0 },
    cause(events) {
      const report = {
        'document-uri': 'https://shop.example/page?token=1',
        'blocked-uri': 'inline',
        'effective-directive': 'script-src',
      }
      const request = createRequest({
        method: 'POST',
        url: '/csp-reports',
        headers: { 'Content-Type': 'application/csp-report' },
      })
      request.push(JSON.stringify({ 'csp-report': report }))
      request.push(null)
      createCspReports({ events })(request, new ServerResponse(request), () => undefined)
      return undefined
    },
  },
})
