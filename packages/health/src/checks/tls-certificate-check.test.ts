import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:https'
import { fileURLToPath } from 'node:url'
import { createFakeClock, listenOn } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import type { TlsServer } from './certificate-source.ts'
import { tlsCertificateCheck } from './tls-certificate-check.ts'

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../test/support/${name}`, import.meta.url))

/** A key and its certificate for localhost and 127.0.0.1, which signed itself; it is used nowhere else. */
const localhost = readFileSync(fixture('localhost.pem'), 'latin1')
const endsEarlier = readFileSync(fixture('ends-earlier.pem'), 'latin1')
const { validFromDate, validToDate } = new X509Certificate(
  localhost.slice(localhost.indexOf('-----BEGIN CERT')),
)
const [begins, ends] = [validFromDate.getTime(), validToDate.getTime()]
const endsFirst = new X509Certificate(endsEarlier).validToDate.getTime()

const signal = new AbortController().signal
const day = 86_400_000

it.each<[string, number, object]>([
  ['100 days before its end', ends - 100 * day, { status: 'pass', measurements: [{ observedValue: 100 }] }],
  ['15 days before its end', ends - 15 * day, { status: 'pass' }],
  [
    '14 days before its end',
    ends - 14 * day,
    {
      status: 'warn',
      output: 'the certificate expires in 14 days',
      measurements: [{ name: 'timeToExpiry', observedValue: 14, observedUnit: 'days' }],
    },
  ],
  ['at its end', ends, { status: 'fail', output: 'the certificate has expired' }],
  ['before its beginning', begins - 1, { status: 'fail', output: 'the certificate is not valid yet' }],
])('judges a file %s', async (_name, now, expected) => {
  const { check } = tlsCertificateCheck({ file: fixture('localhost.pem') }, { clock: createFakeClock(now) })
  await expect(check(signal)).resolves.toMatchObject(expected)
})

it.each<[string, string, object]>([
  [
    'a chain by what ends first',
    localhost + endsEarlier,
    { status: 'warn', measurements: [{ observedValue: 1 }] },
  ],
  ['a file without certificates', 'no certificate', { status: 'fail', output: 'there is no certificate' }],
])('judges %s', async (_name, pem, expected) => {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-certificate-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'chain.pem')
  await writeFile(file, pem)
  const { check } = tlsCertificateCheck({ file }, { clock: createFakeClock(endsFirst - day) })
  await expect(check(signal)).resolves.toMatchObject(expected)
})

it.each<[string, Omit<TlsServer, 'host'>, number, object]>([
  [
    'a server that is trusted',
    { ca: localhost },
    100,
    { status: 'pass', measurements: [{ observedValue: 100 }] },
  ],
  ['one that ends soon', { ca: localhost }, 13, { status: 'warn' }],
  ['one that has ended', { ca: localhost }, 0, { status: 'fail', output: 'the certificate has expired' }],
  ['one that nobody trusts', {}, 100, { output: 'the certificate is refused (DEPTH_ZERO_SELF_SIGNED_CERT)' }],
  [
    'one of another name',
    { ca: localhost, servername: 'example.com' },
    100,
    { output: 'the certificate is refused (ERR_TLS_CERT_ALTNAME_INVALID)' },
  ],
])('judges %s', async (_name, source, daysLeft, expected) => {
  const server = createServer({ key: localhost, cert: localhost })
  const port = await listenOn(server)
  onTestFinished(() => void server.close())
  const clock = createFakeClock(ends - daysLeft * day)
  const { check } = tlsCertificateCheck({ host: '127.0.0.1', port, ...source }, { clock })
  await expect(check(signal)).resolves.toMatchObject(expected)
})

it('ends with its signal', async () => {
  const { check } = tlsCertificateCheck({ host: '127.0.0.1', port: 9 })
  await expect(check(AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
})

it.each<[unknown, string]>([
  [{}, 'tlsCertificateCheck.source.host: is required.'],
  [{ host: 'a', port: 0 }, 'tlsCertificateCheck.source.port: must be'],
  ['a', 'tlsCertificateCheck.source: must be a file or a server.'],
])('refuses %j', (source, message) => {
  expect(() => tlsCertificateCheck(source as never)).toThrow(message)
})
