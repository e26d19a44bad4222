import { minCpuMs } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { compileContentTypes } from './content-type.ts'

const judge = compileContentTypes(['application/json', 'application/*+json'])

// What content-type 1 and 2, MIMEType and Fastify read differently must not reach the parser of another reading.
it.each([
  ['application/json', 'accepted'],
  ['Application/JSON; charset=UTF-8', 'accepted'],
  ['application/json;', 'accepted'],
  ['application/json ; ; charset="utf-8"; v=1', 'accepted'],
  ['application/json; charset=utf-7', 'unsupported-charset'],
  ['application/json; charset =utf-7', 'ambiguous'],
  ['application/json; charset\t=utf-7', 'ambiguous'],
  ['application/json; charset= utf-7', 'ambiguous'],
  ['application/json; charset=utf-8; charset=utf-7', 'ambiguous'],
  ['application/json; charset=utf-8;CHARSET=utf-16le', 'ambiguous'],
  ['application/json\u00a0', 'ambiguous'],
  ['application/json, text/plain', 'ambiguous'],
  ['application/json; charset="utf-7', 'ambiguous'],
  ['text/plain; charset', 'unsupported-type'],
  ['multipart/form-data; boundary=a=b', 'unsupported-type'],
])('%s is %s', (contentType, verdict) => {
  expect(judge(contentType)).toBe(verdict)
})

it('reads a hostile one in linear time', () => {
  for (const part of [' ', ';', '; ', ';a="', ';a=b ', '\\']) {
    const contentType = `application/json${part.repeat(16_000 / part.length)}!`
    expect(minCpuMs(() => judge(contentType))).toBeLessThan(50)
  }
})
