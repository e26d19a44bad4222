import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { AlfredConfigError, createEventBus, noopLogger } from '@alfred/core'
import { expect, it, vi } from 'vitest'
import { createAllowedHosts } from './allowed-hosts.ts'

function requestTo(host: string | undefined, more: Record<string, string> = {}): IncomingMessage {
  const request = Object.assign(new IncomingMessage(new Socket()), { url: '/', method: 'GET' })
  Object.assign(request.headers, host === undefined ? {} : { host }, more)
  return request
}

const hosts = [
  'app.example',
  'port.example:8443',
  'web.example:443',
  '*.wild.example',
  '*.local',
  '192.0.2.1',
  '2001:db8::1',
  '[2001:db8::2]:80',
]

it.each<[string | undefined, boolean]>([
  ['app.example', true],
  ['APP.Example.', true],
  ['app.example:1', true],
  ['app.example.evil', false],
  ['evil-app.example', false],
  ['x.app.example', false],
  ['port.example:8443', true],
  ['port.example', false],
  ['port.example:443', false],
  ['web.example', true],
  ['web.example:443', true],
  ['web.example:80', false],
  ['a.wild.example', true],
  ['a.b.wild.example:3000', true],
  ['wild.example', false],
  ['awild.example', false],
  ['printer.local', true],
  ['192.0.2.1:3000', true],
  ['192.0.2.10', false],
  ['[2001:db8::1]', true],
  ['[2001:DB8::1]:3000', true],
  ['[2001:db8::2]', true],
  ['[2001:db8::2]:81', false],
  ['[2001:0db8:0:0:0:0:0:1]', true],
  ['.wild.example', false],
  ['a..wild.example', false],
  ['localhost', true],
  ['localhost:3000', true],
  ['LOCALHOST.', true],
  ['127.0.0.1:3000', true],
  ['[::1]:3000', true],
  ['127.0.0.1.evil', false],
  ['localhost.evil', false],
  ['evil.example', false],
  [undefined, true],
])('the host %s: %s', (host, allowed) => {
  const { allows } = createAllowedHosts({ hosts })
  expect(allows(requestTo(host))).toBe(allowed)
  if (host !== undefined) expect(allows(requestTo(undefined, { ':authority': host }))).toBe(allowed)
})

it('believes no forwarded host', () => {
  const { allows } = createAllowedHosts({ hosts })
  expect(allows(requestTo('evil.example', { 'x-forwarded-host': 'app.example' }))).toBe(false)
  expect(allows(requestTo('app.example', { 'x-forwarded-host': 'evil.example' }))).toBe(true)
})

it.each([
  ['app.example', 200, []],
  ['evil.example', 421, ['host-not-allowed']],
  ['x/../app.example', 400, []],
])('answers a request to %s with %d', (host, status, reasons) => {
  const events = createEventBus(noopLogger)
  const told: string[] = []
  events.on('request.refused', ({ reason }) => told.push(reason))
  const request = requestTo(host)
  const response = new ServerResponse(request)
  const next = vi.fn()
  createAllowedHosts({ hosts, events })(request, response, next)
  expect(response.statusCode).toBe(status)
  expect(next).toHaveBeenCalledTimes(status === 200 ? 1 : 0)
  expect(told).toEqual(reasons)
})

it.each([
  ['*', 'OUT_OF_RANGE'],
  ['*.', 'OUT_OF_RANGE'],
  ['*.com', 'UNSAFE'],
  ['*.example.*', 'OUT_OF_RANGE'],
  ['a.*.example', 'OUT_OF_RANGE'],
  ['https://app.example', 'OUT_OF_RANGE'],
  ['app.example/path', 'OUT_OF_RANGE'],
  ['app.example:99999', 'OUT_OF_RANGE'],
  ['user@app.example', 'OUT_OF_RANGE'],
  ['[::1', 'OUT_OF_RANGE'],
  ['', 'WRONG_TYPE'],
  [5, 'WRONG_TYPE'],
])('refuses the entry %j', (entry, code) => {
  const build = () => createAllowedHosts({ hosts: [entry as string] })
  expect(build).toThrow(AlfredConfigError)
  expect(build).toThrow(`ALFRED_CONFIG_${code}`)
})
