import { admitted, chatBody, type Family, plain, someAddress } from './hostile-request.ts'
import { markers } from './markers.ts'

const { sentText, sentSecret } = markers

/** Header fields that are malformed, too many, too large, or said twice. */
export const fields: Readonly<Record<string, Family>> = {
  injection: (random) => {
    const line = random.pick(['\r\n', '\n', '\r', '%0d%0a', '\u010d\u010a', '\0', '\x0b', '\r\n\t', '\r\n '])
    return plain({
      target: random.pick(['/', `/open/items?next=%0d%0aX-Injected:${sentText}`, '/unknown']),
      fields: [
        `${random.pick(['X-Request-Id', 'Origin', 'Referer', 'Accept-Language', 'Cookie', 'Host', 'Range', 'User-Agent'])}: a${line}X-Injected: ${sentText}`,
      ],
    })
  },
  'malformed field': (random) =>
    plain({
      fields: [
        random.pick([
          'NoColon',
          ': no name',
          'Bad Name: 1',
          'Bad\0: 1',
          'B\xe4d: 1',
          'X: \0',
          'X: \x01\x02',
          'X: \x7f',
          'X : 1',
          ' Folded: 1',
          'X: 1\r\n folded',
          '(comment): 1',
          'X\t: 1',
          '__proto__: 1',
          'constructor: 1',
          'X: \xf0\x9f\x92\xa9',
        ]),
      ],
    }),
  'oversized fields': (random) =>
    plain({
      target: random.pick(['/', '/api/chat']),
      fields: random.pick([
        [`X-Large: ${'x'.repeat(random.pick([8000, 16_000, 20_000, 200_000]))}`],
        Array.from({ length: random.pick([99, 101, 500, 2500]) }, (_, index) => `X-${String(index)}: 1`),
        [`Cookie: ${'c=1; '.repeat(2000)}`],
        [`${'N'.repeat(9000)}: 1`],
        Array.from({ length: 90 }, () => `Cookie: sid=${sentSecret}`),
      ]),
    }),
  'repeated fields': (random, context) => {
    const name = random.pick([
      'Authorization',
      'X-API-Key',
      'Content-Type',
      'Origin',
      'Cookie',
      'X-Forwarded-For',
      'X-Forwarded-Proto',
      'Accept-Encoding',
      'Traceparent',
      'X-Request-Id',
      'If-None-Match',
      'Expect',
      'Range',
      'User-Agent',
      'Referer',
    ])
    return plain({
      method: 'POST',
      target: '/api/chat',
      fields: [
        ...admitted(random, context),
        `${name}: ${/^(?:Auth|X-API|Cookie)/.test(name) ? sentSecret : sentText}`,
        `${name}: b, c`,
        `${name.toUpperCase()}: `,
      ],
      body: chatBody(),
    })
  },
  host: (random) =>
    plain({
      target: random.pick(['/', '/open/items', '/api/chat']),
      firstFields: [
        'Connection: close',
        ...random.pick([
          [],
          ['Host: '],
          ['Host: a', 'Host: b'],
          ['Host: localhost', 'Host: localhost'],
          ['Host: x/../evil'],
          ['Host: evil.example:3000'],
          ['Host: localhost:99999'],
          ['Host: localhost:-1'],
          ['Host: [::1'],
          ['Host: [::ffff:127.0.0.1]:80'],
          ['Host: user@localhost'],
          ['Host: localhost, evil.example'],
          ['Host: localhost#'],
          ['Host: local host'],
          [`Host: ${'a.'.repeat(2000)}example`],
          ['Host: \xff'],
          [`Host: ${sentText}.example`],
          ['Host: %00'],
          ['Host : localhost'],
          ['HoSt:localhost'],
          [`X-Forwarded-Host: ${sentText}`, 'Host: localhost'],
        ]),
      ],
    }),
  expect: (random, context) =>
    plain({
      method: random.pick(['POST', 'GET']),
      target: random.pick(['/api/chat', '/upload']),
      fields: [
        ...admitted(random, context),
        'Content-Type: application/json',
        `Expect: ${random.pick(['100-continue', '100-CONTINUE', '200-ok', '100-continue, x', '', sentText])}`,
      ],
      body: chatBody(),
    }),
  upgrade: (random) =>
    plain({
      target: random.pick(['/', '/api/chat', '/socket', '/stream']),
      firstFields: [
        `Host: ${random.pick(['localhost', 'evil.example'])}`,
        `Connection: ${random.pick(['Upgrade', 'upgrade, close', 'keep-alive, Upgrade', 'close', 'HTTP2-Settings, Upgrade', 'X-API-Key, close'])}`,
      ],
      fields: [
        `Upgrade: ${random.pick(['websocket', 'h2c', 'TLS/1.0', 'websocket, h2c', '', 'WebSocket', sentText])}`,
        `Sec-WebSocket-Key: ${random.pick(['dGhlIHNhbXBsZSBub25jZQ==', '', 'x', sentText])}`,
        `Sec-WebSocket-Version: ${random.pick(['13', '8', '-1', 'x'])}`,
        `Sec-WebSocket-Protocol: ${sentText}`,
        `Origin: ${random.pick(['https://app.example.com', 'https://evil.example', 'null'])}`,
        ...(random.chance(0.2) ? ['HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'] : []),
      ],
    }),
  forwarded: (random) =>
    plain({
      target: random.pick(['/', '/api/chat', '/narrow', '/open/items']),
      fields: [
        `X-Forwarded-For: ${random.pick(['', ',', ', , ,', '203.0.113.7:50001', '[2001:db8::1]:443', '::ffff:102:304', '::FFFF:1.2.3.4', 'fe80::1%eth0', '999.1.1.1', '0x7f.1', '127.1', 'unknown', '_hidden', '-1', 'localhost', sentText, `${someAddress(random)}, ${sentText}`, '1.1.1.1,'.repeat(900), '"203.0.113.7"', '203.0.113.7\t', '::', '10.0.0.1'])}`,
        `X-Forwarded-Proto: ${random.pick(['https', 'HTTPS', 'http,https', 'javascript', '', sentText])}`,
        `X-Forwarded-Host: ${sentText}.example`,
        `X-Forwarded-Port: ${random.pick(['443', '-1', sentText])}`,
        `X-Real-IP: ${sentText}`,
        `Forwarded: ${random.pick(['for=203.0.113.7;proto=https', 'for="[2001:db8::1]:1"', 'for=;;;', `for=${sentText}`])}`,
      ],
    }),
  trace: (random) =>
    plain({
      target: random.pick(['/', '/open/items', '/api/chat']),
      fields: [
        `Traceparent: ${random.pick(['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', '00-00000000000000000000000000000000-00f067aa0ba902b7-01', 'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', '00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01', '00-x-y-zz', '', '-', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra', sentText, '0'.repeat(5000)])}`,
        `Tracestate: ${random.pick([`a=${sentText}`, ','.repeat(600), 'a=1,'.repeat(40), '=', 'a=b=c', 'A=\x80', `${'k'.repeat(300)}=v`])}`,
        `Baggage: ${random.pick([`user=${sentSecret}`, 'a=%zz', ','.repeat(500), `k=${'v'.repeat(7000)}`])}`,
        `X-Request-Id: ${random.pick(['', 'a b', '../../x', '<script>', 'x'.repeat(200), '{{7*7}}', 'a,b'])}`,
      ],
    }),
  accept: (random) =>
    plain({
      target: random.pick(['/', '/unknown', '/metrics', '/healthz', '/livez', '/api/chat']),
      fields: [
        `Accept: ${random.pick(['*/*;q=-1', 'text/html', 'text/html;q=1e999', ';;;;', '*/*,'.repeat(1500), 'application/problem+json;q=', sentText, '/', 'a/b/c', 'text/plain;version="', 'application/openmetrics-text;version=1.0.0', 'x'.repeat(5000)])}`,
        `Accept-Encoding: ${random.pick(['gzip', 'gzip;q=0, identity;q=0', '*;q=0', 'br, zstd, gzip, x', ','.repeat(2000), sentText, 'gzip;q=9'])}`,
        `Accept-Language: ${random.pick(['de', '*;q=0', ','.repeat(1000), sentText])}`,
        `Accept-Charset: ${random.pick(['utf-7', '*', sentText])}`,
      ],
    }),
  'range and conditions': (random) =>
    plain({
      method: random.pick(['GET', 'HEAD', 'POST']),
      target: random.pick(['/', '/open/items', '/stream', '/livez']),
      fields: [
        `Range: ${random.pick(['bytes=0-', 'bytes=-1', 'bytes=9-1', `bytes=${'0-1,'.repeat(1000)}`, 'items=1-2', 'bytes=a-b', sentText])}`,
        `If-None-Match: ${random.pick(['*', '"x"', 'W/"x', ','.repeat(2000), sentText])}`,
        `If-Modified-Since: ${random.pick(['never', '0', 'Thu, 01 Jan 1970 00:00:00 GMT', 'x'.repeat(3000), sentText])}`,
        `If-Match: ${random.pick(['*', '"x"', sentText])}`,
        `If-Range: ${random.pick(['"x"', '0', sentText])}`,
        `Cache-Control: ${random.pick(['no-cache', 'max-age=-1', 'only-if-cached', sentText])}`,
        `TE: ${random.pick(['trailers', 'gzip', sentText])}`,
        `Max-Forwards: ${random.pick(['0', '-1', 'x'])}`,
      ],
    }),
}
