import { expect, it } from 'vitest'
import { parseBody, type ReadFormat } from './parse-body.ts'

const limits = { maxDepth: 3, maxKeys: 4, maxArrayLength: 3 }
const parse = (format: ReadFormat, body: string | Buffer) => parseBody(format, Buffer.from(body), limits)

it.each<[ReadFormat, string, unknown]>([
  ['text', 'a\r\nb', 'a\r\nb'],
  ['text', '\ufeffa', 'a'],
  ['urlencoded', 'a=1&b=x+y&c', { a: '1', b: 'x y', c: '' }],
  ['urlencoded', 'tag=a&tag=b&tag=c', { tag: ['a', 'b', 'c'] }],
  ['urlencoded', 'a[b]=1&a%5Bb%5D=2', { 'a[b]': ['1', '2'] }],
  ['urlencoded', 'discount=100%&na%C3%AFve=%F0%9F%91%8D', { discount: '100%', naïve: '👍' }],
  ['urlencoded', 'a=%EF%BF%BD\ufffd', { a: '\ufffd\ufffd' }],
  ['urlencoded', 'a=%25EF%25BF%25BD&b=%ef%bf%bd', { a: '%EF%BF%BD', b: '\ufffd' }],
  ['urlencoded', '?a=1', { '?a': '1' }],
  ['urlencoded', 'constructor=Ferrari&prototype=1', { constructor: 'Ferrari', prototype: '1' }],
  ['urlencoded', 'a=1&b=2&c=3&d=4', { a: '1', b: '2', c: '3', d: '4' }],
  ['ndjson', '{"a":1}\n\n[2]\r\n"three"\n', [{ a: 1 }, [2], 'three']],
  ['ndjson', '{"a":{"b":{}}}', [{ a: { b: {} } }]],
  [
    'ndjson',
    '{"a":1,"b":2}\n{"a":1,"b":2}',
    [
      { a: 1, b: 2 },
      { a: 1, b: 2 },
    ],
  ],
  ['json', '{"a":1}', { a: 1 }],
  ['json', '', undefined],
  ['text', '', undefined],
])('%s: %j is %j', (format, body, value) => {
  expect(parse(format, body)).toEqual({ value })
})

it.each<[ReadFormat, string | Buffer, string]>([
  ['text', Buffer.from([0x61, 0xff]), 'invalid-utf8'],
  ['urlencoded', 'a=%ff', 'invalid-utf8'],
  ['urlencoded', '%ff=a', 'invalid-utf8'],
  ['urlencoded', 'a=1&b=2&c=3&d=4&e=5', 'too-many-keys'],
  ['urlencoded', 'a=1&a=2&a=3&a=4', 'array-too-long'],
  ['urlencoded', '__proto__=1', 'forbidden-key'],
  ['urlencoded', 'a[__proto__][b]=1', 'forbidden-key'],
  ['urlencoded', 'a["__proto__"]=1', 'forbidden-key'],
  ['urlencoded', "a['constructor']['prototype']=1", 'forbidden-key'],
  ['urlencoded', 'constructor%5Bprototype%5D=1', 'forbidden-key'],
  ['ndjson', '{"a":1}\n{"b":', 'malformed'],
  ['ndjson', '[1\n2]', 'malformed'],
  ['ndjson', '{"a":1},{"b":2}', 'malformed'],
  ['ndjson', '1\n2\n3\n4', 'array-too-long'],
  ['ndjson', '{"a":1,"b":2}\n{"a":1,"b":2,"c":3}', 'too-many-keys'],
  ['ndjson', '[[[[1]]]]', 'too-deep'],
  ['ndjson', '{"a":1,"a":2}', 'duplicate-key'],
  ['ndjson', '{"__proto__":1}', 'forbidden-key'],
  ['json', '"a"', 'not-structured'],
])('%s: %j is refused as %s', (format, body, refusal) => {
  expect(parse(format, body as string)).toEqual({ refusal })
})
