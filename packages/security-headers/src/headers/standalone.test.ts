import helmet from 'helmet'
import { describe, expect, it } from 'vitest'
import { exchange } from '../../test/support/exchange.ts'
import { getDefaultDirectives, standalone } from './standalone.ts'

const { getDefaultDirectives: _defaults, ...names } = { ...standalone, getDefaultDirectives }

describe('each sends the one header that helmet’s of the name sends', () => {
  it.each(Object.keys(names).filter((name) => !/poweredBy/i.test(name)))('%s', async (name) => {
    const ours = await exchange(names[name as keyof typeof names](), { tls: true })
    const theirs = await exchange(helmet[name as 'hsts'](), { tls: true })
    expect({ ...ours.headers }).toEqual({ ...theirs.headers })
    expect(Object.keys(ours.headers)).toHaveLength(1)
  })
})

it('takes options, and the proxy to trust', async () => {
  const hsts = standalone.hsts({ maxAge: 60 }, { trustProxy: 1 })
  const { headers } = await exchange(hsts, { headers: { 'x-forwarded-proto': 'https' } })
  expect({ ...headers }).toEqual({ 'strict-transport-security': 'max-age=60; includeSubDomains' })
  expect({ ...(await exchange(standalone.hsts())).headers }).toEqual({})
  const frame = await exchange(standalone.frameguard({ action: 'deny' }))
  expect({ ...frame.headers }).toEqual({ 'x-frame-options': 'DENY' })
})

it('removes X-Powered-By alone', async () => {
  const before = { 'X-Powered-By': 'Express', 'X-Other': '1' }
  expect(Object.keys((await exchange(standalone.hidePoweredBy(), { before })).headers)).toEqual(['x-other'])
})

it('starts a policy from helmet’s directives', async () => {
  const directives = { ...getDefaultDirectives(), 'img-src': ['https:'] }
  const policy = standalone.contentSecurityPolicy({ useDefaults: false, directives })
  const theirs = helmet.contentSecurityPolicy({ useDefaults: false, directives })
  expect({ ...(await exchange(policy, { tls: true })).headers }).toEqual({
    ...(await exchange(theirs, { tls: true })).headers,
  })
})
