import { listening } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { httpCheck, type HttpCheckOptions } from './http-check.ts'

const signal = new AbortController().signal

it.each<[string, Partial<HttpCheckOptions>, object]>([
  ['/200', {}, { status: 'pass' }],
  ['/204', { method: 'HEAD' }, { status: 'pass' }],
  ['/500', {}, { status: 'fail', output: 'answered 500' }],
  // Not followed: a login page is no sign of health.
  ['/302', {}, { status: 'fail', output: 'answered 302' }],
  ['/401', { expect: (status) => status < 500 }, { status: 'pass' }],
  ['/401', { headers: { Authorization: 'Bearer t' } }, { status: 'pass' }],
])('%s with %j gives %j', async (path, options, expected) => {
  await using served = await listening((request, response) => {
    const allowed = request.headers.authorization === 'Bearer t'
    response.writeHead(allowed ? 200 : Number(request.url?.slice(1)), { Location: '/200' }).end()
  })
  const { check } = httpCheck(served.url + path, { name: 'upstream', ...options })
  await expect(check(signal)).resolves.toEqual(expected)
})

it('ends with its signal', async () => {
  await using served = await listening(() => undefined)
  const { check } = httpCheck(served.url, { name: 'upstream' })
  await expect(check(AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'TimeoutError' })
})

it.each(['ftp://a', 'nonsense', ''])('refuses %j', (url) => {
  expect(() => httpCheck(url, { name: 'upstream' })).toThrow('httpCheck.url: must be')
})
