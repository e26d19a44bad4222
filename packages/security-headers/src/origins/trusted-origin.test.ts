import { AlfredConfigError } from '@alfred/core'
import { describe, expect, it } from 'vitest'
import { createCors } from '../cors/cors.ts'
import type { AllowedOrigin, CorsOptions } from '../cors/cors-options.ts'
import { createCsrf } from '../csrf/csrf.ts'

function messagesOf(build: () => unknown): readonly string[] {
  try {
    build()
    return []
  } catch (error) {
    if (error instanceof AlfredConfigError)
      return error.problems.map(({ path, message }) => `${path}: ${message}`)
    throw error
  }
}

const foreign = 'matches names that others can register'
const suffix = 'must not trust a public suffix'
const plain = 'must be https:// with credentials'
const callback = 'must take the origin alone'

describe('an expression', () => {
  it.each<[RegExp, string | undefined]>([
    // A name in front of the domain.
    [/^https:\/\/.*example\.com$/, foreign],
    [/^https:\/\/\S+example\.com$/, foreign],
    [/^https:\/\/[a-z0-9.-]*example\.com$/, foreign],
    [/^https:\/\/[^/]+example\.com$/, foreign],
    [/^https:\/\/(.*)?example\.com(:\d+)?$/, foreign],
    [/^https:\/\/app-.*example\.com$/, foreign],
    [/^https?:\/\/(?:\w+-)?example\.com$/, foreign],
    [/^https:\/\/[\s\S]+$/, foreign],
    [/^https:\/\/.+$/, foreign],
    // A name behind it.
    [/^https:\/\/example\..+$/, foreign],
    [/^https:\/\/example\.[a-z]+$/, foreign],
    [/^https:\/\/example\.com.*$/, foreign],
    [/^https:\/\/example\.com[a-z.]*$/, foreign],
    // Names under a suffix where anybody gets one.
    [/^https:\/\/[a-z-]+\.github\.io$/, foreign],
    [/^https:\/\/[a-z0-9-]+\.vercel\.app$/, foreign],
    [/^https:\/\/[a-z]+\.co\.uk$/, foreign],
    [/^https:\/\/shop-[a-z0-9]+-acme\.vercel\.app$/, foreign],
    // Sound ones.
    [/^https:\/\/example\.com$/, undefined],
    [/^https:\/\/(?:[a-z0-9-]+\.)*example\.com$/, undefined],
    [/^https:\/\/[a-z]+\.example\.com$/, undefined],
    [/^https:\/\/.+\.example\.com$/, undefined],
    [/^https:\/\/pr-\d+\.preview\.example\.co\.uk$/, undefined],
    [/^https:\/\/app\.example\.(?:com|org)$/, undefined],
    [/^https:\/\/[a-z]+\.acme\.github\.io$/, undefined],
    [/^http:\/\/localhost(:\d+)?$/, undefined],
    [/^http:\/\/[a-z]+\.localhost:3000$/, undefined],
    [/^http:\/\/127\.0\.0\.1:\d+$/, undefined],
    [/^capacitor:\/\/localhost$/, undefined],
  ])('%s', (pattern, expected) => {
    const messages = [
      ...messagesOf(() => createCors({ origin: pattern })),
      ...messagesOf(() => createCsrf({ trustedOrigins: [pattern] })),
    ]
    if (expected === undefined) expect(messages).toEqual([])
    else {
      expect(messages).toEqual([
        expect.stringContaining(`cors.origin: ${expected}`),
        expect.stringContaining(`csrf.trustedOrigins[0]: ${expected}`),
      ])
    }
  })
})

it.each<[string, string | undefined]>([
  ['https://*.co.uk', suffix],
  ['https://*.github.io', suffix],
  ['https://*.vercel.app', suffix],
  ['https://*.pages.dev', suffix],
  ['https://*.s3.amazonaws.com', suffix],
  ['https://*.com', 'must not trust a whole top-level domain'],
  ['https://*.example.co.uk', undefined],
  ['https://*.acme.github.io', undefined],
  ['https://*.corp.internal', undefined],
  ['http://*.localhost:3000', undefined],
])('the wildcard %s', (origin, expected) => {
  const messages = messagesOf(() => createCors({ origin }))
  expect(messages).toEqual(
    expected === undefined ? [] : [expect.stringContaining(`cors.origin: ${expected}`)],
  )
})

describe('with credentials', () => {
  it.each<[CorsOptions['origin'], string | undefined]>([
    ['http://app.example.com', `cors.origin: ${plain}`],
    [['https://app.example.com', 'http://app.example.com'], `cors.origin[1]: ${plain}`],
    ['http://*.example.com', `cors.origin: ${plain}`],
    [/^http:\/\/app\.example\.com$/, `cors.origin: ${plain}`],
    [/^https?:\/\/app\.example\.com$/, `cors.origin: ${plain}`],
    [/^(?:http|https):\/\/app\.example\.com$/, `cors.origin: ${plain}`],
    [/^http(s)?:\/\/app\.example\.com$/, `cors.origin: ${plain}`],
    [/^https:\/\/app\.example\.com$/, undefined],
    ['http://localhost:5173', undefined],
    ['http://127.0.0.1:5173', undefined],
    ['http://[::1]:5173', undefined],
    [/^http:\/\/localhost(:\d+)?$/, undefined],
    [/^https?:\/\/127\.0\.0\.1:\d+$/, undefined],
  ])('%s', (origin, expected) => {
    const messages = messagesOf(() => createCors({ origin, credentials: true }))
    expect(messages).toEqual(expected === undefined ? [] : [expect.stringContaining(expected)])
    expect(messagesOf(() => createCors({ origin }))).toEqual([])
  })
})

describe('a function', () => {
  it.each<[string, unknown, string | undefined]>([
    ['of the origin', (origin: string) => origin === 'https://a.example', undefined],
    ['without parameters', () => true, undefined],
    ['of origin and request, by name', { check: (_origin: string, _request: unknown) => true }, undefined],
    [
      'of the cors package',
      (_origin: string, done: (error: null, allow: boolean) => void) => {
        done(null, true)
      },
      callback,
    ],
    ['async, with a callback', async (_origin: string, _done: unknown) => Promise.resolve(true), callback],
  ])('%s', (_what, origin, expected) => {
    const messages = messagesOf(() => createCors({ origin: origin as AllowedOrigin }))
    expect(messages).toEqual(
      expected === undefined ? [] : [expect.stringContaining(`cors.origin: ${expected}`)],
    )
  })
})
