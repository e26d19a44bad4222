import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { admitted, bytes, chatBody, type Family, plain } from './hostile-request.ts'
import { markers } from './markers.ts'

const { sentText, sentSecret } = markers

const zeros = Buffer.alloc(20 * 2 ** 20)
const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }
/** 20 MiB of nothing in a few KiB, made once. */
const bombs = [
  ['gzip', gzipSync(zeros)],
  ['deflate', deflateSync(zeros)],
  ['br', brotliCompressSync(zeros, fast)],
  ['zstd', zstdCompressSync(zeros)],
  ['gzip, gzip', gzipSync(gzipSync(zeros))],
] as const

const post = { method: 'POST', target: '/api/chat' }
const json = 'Content-Type: application/json'

/** Bodies of the wrong kind, size and shape. */
export const bodies: Readonly<Record<string, Family>> = {
  'content type': (random, context) =>
    plain({
      ...post,
      fields: [
        ...admitted(random, context),
        `Content-Type: ${random.pick(['', 'application/json; charset=utf-7', 'application/json; charset=x-unknown', 'application/json;charset', 'application/json; charset=utf-16le', 'APPLICATION/JSON', 'application/json; charset="utf-8', 'text/plain', 'text/xml', 'application/jsonx', 'application/vnd.api+json', 'application/x+json+json', '*/*', 'json', 'application/json, text/html', `application/json; ${'p=v;'.repeat(1500)}`, 'multipart/form-data', '__proto__', sentText])}`,
      ],
      body: chatBody(),
    }),
  'content encoding': (random, context) =>
    plain({
      ...post,
      target: random.pick(['/api/chat', '/form', '/csp-reports']),
      fields: [
        ...admitted(random, context),
        random.pick([
          json,
          'Content-Type: application/x-www-form-urlencoded',
          'Content-Type: application/reports+json',
        ]),
        `Content-Encoding: ${random.pick(['gzip', 'x-gzip', 'identity', 'GZIP', 'gzip, br', 'zstd', 'compress', 'unknown', '', sentText])}`,
      ],
      body: random.pick([
        chatBody(),
        '',
        '\x1f\x8b\x08',
        gzipSync(chatBody()).subarray(0, 20),
        gzipSync(chatBody()),
      ]),
    }),
  'compressed bomb': (random, context) => {
    const [encoding, body] = random.pick(bombs)
    return plain({
      ...post,
      target: random.pick(['/api/chat', '/form', '/upload', '/csp-reports']),
      fields: [
        ...admitted(random, context),
        random.pick([
          json,
          'Content-Type: application/x-www-form-urlencoded',
          'Content-Type: application/reports+json',
        ]),
        `Content-Encoding: ${encoding}`,
      ],
      body,
    })
  },
  json: (random, context) =>
    plain({
      ...post,
      fields: [...admitted(random, context), json],
      body: random.pick([
        '['.repeat(random.pick([31, 33, 1000, 100_000])),
        `${'{"a":'.repeat(random.pick([31, 33, 5000]))}1`,
        `[${'1,'.repeat(random.pick([9999, 10_001, 200_000]))}1]`,
        `{${Array.from({ length: 10_001 }, (_, index) => `"k${String(index)}":1`).join(',')}}`,
        `{"message":"a","message":"${sentSecret}"}`,
        `{"__proto__":{"admin":true},"message":"${sentSecret}"}`,
        `{"constructor":{"prototype":{"admin":true}},"message":"x"}`,
        '{"\\u005f_proto__":{"admin":true},"message":"x"}',
        `{"message":"${sentSecret}`,
        `{"message":"\\ud800${sentSecret}"}`,
        `{'message':'x'}`,
        '{"message":1e999}',
        `{"message":${'9'.repeat(5000)}}`,
        '{"message":"x"}trailing',
        '\ufeff{"message":"x"}',
        '',
        ' ',
        'null',
        'true',
        '"x"',
        '[]',
        'NaN',
        '{"message":{"toString":1}}',
        `{"message":"${'m'.repeat(random.pick([4001, 500_000, 1_100_000]))}"}`,
        `{"${sentText}":1,"message":"x"}`,
        '{"then":1,"toJSON":2,"message":"x"}',
      ]),
    }),
  'invalid UTF-8': (random, context) =>
    plain({
      ...post,
      fields: [...admitted(random, context), json],
      body: Buffer.concat([
        bytes('{"message":"'),
        random.pick([
          bytes('\xff\xfe'),
          bytes('\xc0\xaf'),
          bytes('\xed\xa0\x80'),
          bytes('\xf8\x88\x80\x80\x80'),
          random.bytes(60),
        ]),
        bytes('"}'),
      ]),
    }),
  multipart: (random, context) => {
    const part = `Content-Disposition: form-data; name="${random.pick(['__proto__', 'a[b]', sentText, '', 'x"; filename="../../x'])}"`
    return plain({
      ...post,
      target: random.pick(['/api/chat', '/upload', '/form']),
      fields: [
        ...admitted(random, context),
        `Content-Type: multipart/form-data; boundary=${random.pick(['b', '"b', '', 'b'.repeat(300), sentText])}`,
      ],
      body: random.pick([
        `--b\r\n${part}\r\n\r\n${sentSecret}\r\n--b--\r\n`,
        `--b\r\n${part}`,
        `--b\r\n${'X: 1\r\n'.repeat(5000)}\r\n`,
        '--b--',
        `--b\r\n${part}\r\n\r\n\r\n`.repeat(3000),
      ]),
    })
  },
  form: (random) =>
    plain({
      ...post,
      target: '/form',
      fields: [
        `Content-Type: application/x-www-form-urlencoded${random.pick(['', '; charset=utf-7', '; charset=iso-8859-1', ';;'])}`,
      ],
      body: random.pick([
        `a${'[b]'.repeat(random.pick([10, 3000, 20_000]))}=${sentSecret}`,
        Array.from({ length: 10_000 }, (_, index) => `k${String(index)}=1`).join('&'),
        `__proto__[admin]=1&constructor[prototype][admin]=${sentSecret}`,
        'a=%&b=%zz&c=%E0%A4%A',
        '&'.repeat(50_000),
        `a[${'9'.repeat(30)}]=1`,
        'x'.repeat(150_000),
        '\0\0\0',
      ]),
    }),
  'CSP report': (random) =>
    plain({
      ...post,
      target: '/csp-reports',
      fields: [
        `Content-Type: ${random.pick(['application/csp-report', 'application/reports+json', 'application/json', 'text/plain', ''])}`,
      ],
      body: random.pick([
        JSON.stringify({
          'csp-report': {
            'document-uri': `https://x/${sentText}?t=${sentSecret}`,
            'blocked-uri': 'inline',
            'effective-directive': 'script-src',
          },
        }),
        JSON.stringify([
          { type: 'csp-violation', body: { documentURL: 1, blockedURL: null, effectiveDirective: {} } },
        ]),
        JSON.stringify(
          Array.from({ length: 500 }, () => ({
            type: 'csp-violation',
            body: { effectiveDirective: sentText },
          })),
        ),
        '[[[[[[[[',
        '{"csp-report":null}',
        '{"csp-report":{"__proto__":1,"blocked-uri":"data:;base64,AAAA"}}',
        `{"csp-report":{"document-uri":"${'\\u0000'.repeat(5000)}"}}`,
        'x'.repeat(80_000),
        '',
      ]),
    }),
  'failing route': (random) => ({
    ...plain({
      method: random.pick(['GET', 'POST']),
      target: `${random.pick(['/failing', '/rejecting'])}?q=${sentText}`,
      fields: [`Cookie: sid=${sentSecret}`, `Authorization: Bearer ${sentSecret}`, json],
      body: random.pick(['{}', chatBody()]),
    }),
    routeFails: true,
  }),
}
