import { type Family, plain } from './hostile-request.ts'
import { markers } from './markers.ts'

const { sentText } = markers

const query = (text: string, target = '/open/items') => plain({ target: `${target}?${text}` })

/** Query strings that parsers expand, and names that objects inherit. */
export const queries: Readonly<Record<string, Family>> = {
  'deep query': (random) => {
    const depth = random.pick([5, 50, 500, 2000])
    return query(
      `a${random
        .pick(['[b]', '[]', '[0]', '[__proto__]', '.b', '[9999999999]'])
        .repeat(depth)
        .slice(0, 7800)}=${sentText}`,
    )
  },
  'many parameters': (random) =>
    query(
      Array.from({ length: random.pick([99, 101, 1000, 10_000]) }, (_, index) =>
        random.chance(0.5) ? `k${String(index)}=1` : '&',
      ).join('&'),
    ),
  'repeated parameter': (random) =>
    query(
      `page=1&page=${sentText}${random.pick(['&page[]=2', '&page[a]=2', '&PAGE=2', '&page=3'.repeat(random.between(1, 300))])}`,
    ),
  'inherited names': (random) =>
    query(
      `${random.pick(['__proto__', '__proto__[admin]', 'constructor[prototype][admin]', 'toString', 'hasOwnProperty', '__defineGetter__', 'length', 'then', 'toJSON'])}=${sentText}`,
    ),
  'broken encoding': (random) =>
    query(
      random.pick([
        'page=%',
        'page=%zz',
        'page=%E0%A4%A',
        'page=%00',
        'page=%ff%fe',
        'page=%u0041',
        '%=%',
        '=',
        '&&&&',
        '=&=',
        '?a=1?b=2',
        'page=1;page=2',
        `page=1#${sentText}`,
        'page=\xc3\x28',
        'page=1e999',
        'page=NaN',
        'page=-0',
        'page=0x10',
        'page=9007199254740993',
      ]),
      random.pick(['/open/items', '/', '/api/chat', '/metrics', '/healthz', '/livez']),
    ),
  'tokens in queries': (random) =>
    query(
      `${random.pick(['access_token', 'api_key', 'token', 'password', 'key'])}=${markers.sentSecret}`,
      random.pick(['/api/chat', '/open/items', '/unknown']),
    ),
}
