import {
  admitted,
  bytes,
  chatBody,
  type Family,
  type HostileRequest,
  requestBytes,
  type Step,
} from './hostile-request.ts'
import { markers } from './markers.ts'
import type { SeededRandom } from '../../random/seeded-random.ts'

const json = 'Content-Type: application/json'
const { sentText } = markers

/** Sends a text in so many parts with pauses between them. */
function inParts(text: Buffer, parts: number, waitMs: number): Step[] {
  const size = Math.max(1, Math.ceil(text.length / parts))
  const steps: Step[] = []
  for (let start = 0; start < text.length; start += size) {
    steps.push({ send: text.subarray(start, start + size) }, { waitMs })
  }
  return steps
}

const somewhere = (random: SeededRandom, text: Buffer): Buffer =>
  text.subarray(0, random.between(1, Math.max(1, text.length - 1)))

const hangUp = (...steps: Step[]): HostileRequest => ({ steps: [...steps, { leave: 'hang-up' }] })

/** Clients that leave, that are slow, and that do not speak HTTP/1. */
export const connections: Readonly<Record<string, Family>> = {
  'hang up in the head': (random, context) =>
    hangUp(
      { send: somewhere(random, requestBytes({ target: '/api/chat', fields: admitted(random, context) })) },
      { waitMs: random.pick([0, 1, 10]) },
    ),
  'hang up in the body': (random, context) =>
    hangUp(
      {
        send: requestBytes({
          method: 'POST',
          target: random.pick(['/api/chat', '/upload', '/form', '/csp-reports']),
          fields: [
            ...admitted(random, context),
            random.pick([json, 'Content-Type: application/x-www-form-urlencoded']),
            random.pick(['Content-Length: 5000', 'Transfer-Encoding: chunked']),
          ],
          body: random.pick(['', '{"message":"', '2\r\n{"\r\n', 'a=b']),
        }),
      },
      { waitMs: random.pick([0, 1, 10]) },
    ),
  'hang up before the answer': (random, context) => {
    const method = random.pick(['GET', 'POST'])
    const target = random.pick(['/later', '/stream', '/api/chat', '/failing', '/rejecting', '/metrics'])
    const fields = [...admitted(random, context), json]
    return {
      ...hangUp(
        { send: requestBytes({ method, target, fields, body: chatBody() }) },
        { waitMs: random.pick([0, 0, 1, 5, 15, 40]) },
      ),
      // On a quiet machine the answer may come first.
      routeFails: target === '/failing' || target === '/rejecting',
    }
  },
  'half-closed': (random, context) => ({
    steps: [
      {
        send: random.pick([
          requestBytes({ target: random.pick(['/', '/later', '/stream', '/livez']) }),
          requestBytes({
            method: 'POST',
            target: '/api/chat',
            fields: [...admitted(random, context), json],
            body: chatBody(),
          }),
          requestBytes({
            method: 'POST',
            target: random.pick(['/api/chat', '/upload']),
            fields: [...admitted(random, context), json, 'Content-Length: 500'],
            body: '{"message"',
          }),
          bytes('GET / HT'),
          Buffer.alloc(0),
        ]),
      },
      { waitMs: random.pick([0, 1, 10]) },
      { leave: 'half-close' },
    ],
  }),
  'slow head': (random) => ({
    steps: inParts(
      requestBytes({ target: '/', fields: [`X-Slow: ${'s'.repeat(60)}`] }),
      random.pick([4, 12, 60]),
      60,
    ),
  }),
  'slow body': (random, context) => ({
    steps: inParts(
      requestBytes({
        method: 'POST',
        target: random.pick(['/api/chat', '/upload', '/form', '/csp-reports']),
        fields: [...admitted(random, context), json],
        body: chatBody('b'.repeat(200)),
      }),
      random.pick([3, 10, 50]),
      70,
    ),
  }),
  'never the rest': (random, context) => ({
    steps: [
      {
        send: random.pick([
          bytes('GET / HTTP/1.1\r\nHost: localhost\r\nX-Open: '),
          bytes('G'),
          Buffer.alloc(0),
          requestBytes({
            method: 'POST',
            target: random.pick(['/api/chat', '/upload', '/form', '/csp-reports']),
            fields: [...admitted(random, context), json, 'Content-Length: 900'],
            body: '{"message":"',
          }),
          requestBytes({
            method: 'POST',
            target: random.pick(['/api/chat', '/upload']),
            fields: [...admitted(random, context), json, 'Transfer-Encoding: chunked'],
            body: '5\r\n{"mes',
          }),
        ]),
      },
    ],
  }),
  'another protocol': (random) => ({
    steps: [
      {
        send: random.pick([
          bytes('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'),
          Buffer.from('16030100a5010000a10303', 'hex'),
          bytes('PROXY TCP4 203.0.113.7 127.0.0.1 1 2\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
          bytes('SSH-2.0-OpenSSH_9.9\r\n'),
          bytes('*1\r\n$4\r\nPING\r\n'),
          bytes('EHLO example\r\n'),
          bytes(`HELP ${sentText}\n`),
          random.bytes(random.between(1, 4000)),
        ]),
      },
      { leave: 'half-close' },
    ],
  }),
}
