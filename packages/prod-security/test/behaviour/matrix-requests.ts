import type { Asked } from '../support/ask.ts'
import { friend } from './matrix-stack.ts'

const json = { 'Content-Type': 'application/json' }

/** The kinds of requests, in the order in which they are sent. */
export const requestKinds = (key: string) =>
  ({
    page: { path: '/page' },
    'missing page': { path: '/missing' },
    'thrown error': { path: '/fails' },
    preflight: {
      method: 'OPTIONS',
      path: '/api/item',
      headers: { Origin: friend, 'Access-Control-Request-Method': 'PUT' },
    },
    'denied preflight': {
      method: 'OPTIONS',
      path: '/page',
      headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'PUT' },
    },
    'own form': {
      method: 'POST',
      path: '/form',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'same-origin' },
      body: 'a=b',
    },
    'cross-site POST': {
      method: 'POST',
      path: '/api/item',
      headers: { ...json, Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
      body: '{}',
    },
    'POST of a friend': {
      method: 'POST',
      path: '/api/item',
      headers: {
        ...json,
        Origin: friend,
        'Sec-Fetch-Site': 'cross-site',
        'Sec-Fetch-Mode': 'cors',
        'X-API-Key': key,
      },
      body: '{}',
    },
    'JSON with a key': {
      method: 'POST',
      path: '/api/item',
      headers: { ...json, 'X-API-Key': key },
      body: '{}',
    },
    'call without a key': { path: '/api/item' },
    'too much': { method: 'POST', path: '/page', headers: json, body: JSON.stringify('x'.repeat(2000)) },
    'malformed JSON': { method: 'POST', path: '/page', headers: json, body: '{"a":' },
    'long URL': { path: `/page?a=${'x'.repeat(8200)}` },
    'within the limit': { path: '/limited' },
    'over the limit': { path: '/limited' },
    probe: { path: '/livez' },
    scrape: { path: '/metrics' },
    'CSP report': {
      method: 'POST',
      path: '/csp-reports',
      headers: { 'Content-Type': 'application/csp-report' },
      body: '{"csp-report":{"effective-directive":"img-src","blocked-uri":"https://a.example"}}',
    },
    'target with a fragment': { path: '/page#a' },
  }) as const satisfies Readonly<Record<string, Asked>>

export type RequestKind = keyof ReturnType<typeof requestKinds>
