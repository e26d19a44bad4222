import { admitted, bytes, chatBody, type Family, plain, requestBytes } from './hostile-request.ts'
import { markers } from './markers.ts'

const { sentText, sentSecret } = markers

const post = { method: 'POST', target: '/api/chat' }
const json = 'Content-Type: application/json'
const chunked = 'Transfer-Encoding: chunked'

/** Bodies whose length is said twice, wrongly, or in chunks that are none. */
export const framing: Readonly<Record<string, Family>> = {
  'content length': (random, context) =>
    plain({
      ...post,
      fields: [
        ...admitted(random, context),
        json,
        ...random.pick([
          ['Content-Length: 5', 'Content-Length: 5'],
          ['Content-Length: 5', 'Content-Length: 6'],
          ['Content-Length: 5, 5'],
          ['Content-Length: -1'],
          ['Content-Length: +5'],
          ['Content-Length: 0x5'],
          ['Content-Length: 5 5'],
          ['Content-Length: 1e1'],
          ['Content-Length: '],
          ['Content-Length: 99999999999999999999'],
          ['Content-Length: 18446744073709551616'],
          ['Content-Length : 5'],
          ['Content-Length: 5\x0b'],
          ['Content-Length: \x005'],
        ]),
      ],
      body: '{"a":',
    }),
  'both lengths': (random, context) =>
    plain({
      ...post,
      fields: [
        ...admitted(random, context),
        json,
        'Content-Length: 6',
        random.pick([
          chunked,
          'Transfer-Encoding: xchunked',
          'Transfer-Encoding: chunked, identity',
          'Transfer-Encoding: identity',
          'Transfer-Encoding : chunked',
          'Transfer-Encoding:\tchunked',
          'Transfer-Encoding: chunked, chunked',
          'Transfer-Encoding: gzip, chunked',
          'Transfer-Encoding\r\n : chunked',
        ]),
      ],
      body: `0\r\n\r\nGET /${sentText} HTTP/1.1\r\n\r\n`,
    }),
  chunks: (random, context) =>
    plain({
      ...post,
      fields: [...admitted(random, context), json, chunked],
      body: bytes(
        random.pick([
          `5;${'x'.repeat(random.pick([10, 1000, 20_000]))}=1\r\n{"a":\r\n0\r\n\r\n`,
          '5;a="\\"\r\n{"a":\r\n0\r\n\r\n',
          'zz\r\n{}\r\n0\r\n\r\n',
          '-1\r\n{}\r\n0\r\n\r\n',
          '0x2\r\n{}\r\n0\r\n\r\n',
          'ffffffffffffffff\r\n{}\r\n0\r\n\r\n',
          '2\n{}\n0\n\n',
          '2\r\n{}0\r\n\r\n',
          '2 \r\n{}\r\n0\r\n\r\n',
          ' 2\r\n{}\r\n0\r\n\r\n',
          '\r\n2\r\n{}\r\n0\r\n\r\n',
          '00000000000000000000002\r\n{}\r\n0\r\n\r\n',
          `2\r\n{}\r\n0\r\nX-Trailer: ${sentText}\r\n\r\n`,
          `2\r\n{}\r\n0\r\nContent-Length: 5\r\nHost: evil\r\n__proto__: ${sentText}\r\n\r\n`,
          `2\r\n{}\r\n0\r\n${`T: ${'t'.repeat(900)}\r\n`.repeat(30)}\r\n`,
        ]),
      ),
    }),
  'chunks of one byte': (random, context) => {
    const body = chatBody('x'.repeat(random.pick([10, 500, 4000])))
    return plain({
      ...post,
      fields: [...admitted(random, context), json, chunked],
      body: bytes(`${body.replace(/./g, '1\r\n$&\r\n')}0\r\n\r\n`),
    })
  },
  'body without need': (random) =>
    plain({
      method: random.pick(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']),
      target: random.pick(['/', '/open/items', '/livez', '/metrics']),
      fields: [json],
      body: random.pick([chatBody(), '{', '\0'.repeat(1000), 'x'.repeat(200_000)]),
    }),
  pipelining: (random, context) => {
    const keep = ['Host: localhost']
    const requests = Array.from({ length: random.between(1, 12) }, () =>
      random.pick([
        requestBytes({
          firstFields: keep,
          target: random.pick(['/', '/later', '/unknown', '/api/chat', '/livez']),
        }),
        requestBytes({
          ...post,
          firstFields: keep,
          fields: [...admitted(random, context), json],
          body: chatBody(),
        }),
        requestBytes({ ...post, firstFields: keep, fields: [json], body: `{"${sentSecret}` }),
      ]),
    )
    const last = requestBytes({ target: random.pick(['/', '/later']) })
    const send = Buffer.concat([...requests, last])
    return random.chance(0.4)
      ? { steps: [{ send }, { waitMs: random.pick([0, 5, 30]) }, { leave: 'hang-up' }] }
      : { steps: [{ send }], answers: requests.length + 1 }
  },
  'text after the request': (random) => ({
    steps: [
      {
        send: Buffer.concat([
          requestBytes({ firstFields: ['Host: localhost'] }),
          random.pick([bytes(`${sentText}\r\n\r\n`), random.bytes(300), bytes('\0'.repeat(100))]),
        ]),
      },
    ],
    answers: 2,
  }),
}
