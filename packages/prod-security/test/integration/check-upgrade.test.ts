import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { type AlfredConfig, alfredHardening } from '../../src/index.ts'

const own = 'https://app.example.com:8443'
const partner = 'https://partner.example'

function upgrade(headers: Readonly<Record<string, string>>): IncomingMessage {
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: '127.0.0.1' })
  return Object.assign(new IncomingMessage(socket), { method: 'GET', url: '/', headers })
}

it.each<[string, AlfredConfig, Readonly<Record<string, string>>, boolean]>([
  ['no browser', {}, { host: 'backend' }, true],
  ['the own page', {}, { host: 'app.example.com:8443', origin: own }, true],
  ['the own page behind a proxy', {}, { host: 'backend', origin: own }, false],
  ['the own page, named', { publicOrigins: [own] }, { host: 'backend', origin: own }, true],
  [
    'the own page, forwarded',
    { trustProxy: 'loopback' },
    { host: 'backend', 'x-forwarded-host': 'app.example.com:8443', origin: own },
    true,
  ],
  ['another page', { publicOrigins: [own] }, { host: 'backend', origin: partner }, false],
  [
    'another page that CORS allows',
    { cors: { origin: partner } },
    { host: 'backend', origin: partner },
    true,
  ],
])('%s', async (_name, config, headers, expected) => {
  const guard = alfredHardening(config)
  onTestFinished(() => guard.close())
  expect(await guard.checkUpgrade(upgrade(headers))).toBe(expected)
})
