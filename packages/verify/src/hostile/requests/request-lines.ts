import { bytes, type Family, plain } from './hostile-request.ts'
import { markers } from './markers.ts'

const { sentText } = markers

const raw = (text: string) => ({ steps: [{ send: bytes(text) }] })

const targets = [
  '*',
  '//',
  '///evil.example/..%2f',
  'http:///api/chat',
  'http://localhost:99999/api/chat',
  'http://localhost/api/../api/chat',
  'http://user:pw@localhost/',
  'https://[::1/',
  'ftp://localhost/',
  'localhost:80',
  '/api/chat#fragment',
  '/%',
  '/%zz',
  '/%00',
  '/%c0%ae%c0%ae/',
  '/..%2f..%2fetc%2fpasswd',
  '/../../../../etc/passwd',
  '/..\\..\\windows',
  '/%2561pi/chat',
  '/%61pi/chat',
  '/API/CHAT',
  '/api//chat',
  '/api/./chat;x=1',
  '/\xff\xfe',
  '/a b',
  '?',
  '',
  '/__proto__',
  '/constructor/prototype',
  '/hasOwnProperty',
  '/%f0%9f%92%a9',
  '/%ed%a0%80',
  '/open/items/%E0%A4%A',
] as const

/** Malformed request lines, targets, methods and versions. */
export const requestLines: Readonly<Record<string, Family>> = {
  'request line': (random) =>
    raw(
      `${random.pick([
        'GET',
        'GET /',
        'GET  /  HTTP/1.1',
        ' GET / HTTP/1.1',
        'GET\t/\tHTTP/1.1',
        'GET / HTTP/1.1 extra',
        'GET / http/1.1',
        'get / HTTP/1.1',
        'GET / HTTP/11',
        'GET / HTTP/0.9',
        'GET / HTTP/1.',
        'GET / HTTP/2.0',
        'GET / HTTP/9.9',
        'GET / HTCPCP/1.0',
        'GET /\0 HTTP/1.1',
        'GET /\x7f HTTP/1.1',
        `GET /${sentText} HTTP`,
        'HTTP/1.1 200 OK',
        '\0\0\0\0',
        '{"json": true}',
        `${'A'.repeat(20_000)} / HTTP/1.1`,
      ])}${random.pick(['\r\n', '\n', '\r', '\n\r'])}Host: localhost\r\nConnection: close\r\n\r\n`,
    ),
  'leading line ends': (random) =>
    raw(
      `${random.pick(['\r\n', '\n', '\r\n\r\n', '\n\n\n', ' \r\n'])}GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    ),
  target: (random) =>
    plain({
      method: random.pick(['GET', 'POST', 'OPTIONS', 'HEAD', 'CONNECT', 'DELETE']),
      target: random.pick(targets),
    }),
  'random target': (random) =>
    plain({
      target: `/${Array.from({ length: random.between(1, 60) }, () =>
        random.pick([
          '/',
          '.',
          '..',
          '%2f',
          '%2e',
          '%5c',
          '\\',
          '//',
          ';',
          '@',
          ':',
          '%00',
          '%25',
          'api',
          'chat',
          '~',
          '|',
          '"',
          '<',
          '\x80',
          sentText,
        ]),
      ).join('')}`,
    }),
  'long target': (random) =>
    plain({ target: `/${'a'.repeat(random.pick([1000, 8191, 8192, 8193, 15_000, 16_300, 70_000]))}` }),
  method: (random) =>
    plain({
      method: random.pick([
        'HEAD',
        'OPTIONS',
        'TRACE',
        'TRACK',
        'CONNECT',
        'PROPFIND',
        'PURGE',
        'QUERY',
        'M-SEARCH',
        'SOURCE',
        'PRI',
        'DEBUG',
        'GETX',
        'G\0T',
        '__proto__',
        'constructor',
        `M${sentText}`,
        'PATCH',
        'DELETE',
      ]),
      target: random.pick([
        '/',
        '/api/chat',
        '/open/items',
        '/metrics',
        '/livez',
        '/healthz',
        '/csp-reports',
        '*',
      ]),
      fields: [`X-Trace: ${sentText}`, `Cookie: sid=${markers.sentSecret}`],
    }),
}
