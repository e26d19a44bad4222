import dns from 'node:dns'
import { get } from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { publicLookup } from './public-lookup.ts'

/** What the resolver answers; names that are not here go to the real one. */
const answers = new Map<string, readonly { address: string; family: number }[]>()

const realLookup = dns.lookup

beforeEach(() => {
  const lookup = (
    name: string,
    options: dns.LookupOptions,
    callback: (error: unknown, found: unknown) => void,
  ): void => {
    const found = answers.get(name)
    if (found) callback(null, found)
    else realLookup(name, { ...options, all: true }, callback)
  }
  vi.spyOn(dns, 'lookup').mockImplementation(lookup as never)
  syncBuiltinESMExports()
})

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

const addressesOf = (...addresses: readonly string[]) =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

const look = (name: string, options: dns.LookupOptions = {}) =>
  new Promise<{ code: unknown; address: string | dns.LookupAddress[]; family?: number | undefined }>(
    (resolve) => {
      publicLookup(name, options, (error, address, family) => {
        resolve({ code: error && 'code' in error ? error.code : undefined, address, family })
      })
    },
  )

const refusal = { code: 'ALFRED_VALIDATION_PRIVATE_ADDRESS', address: [] }

it.each([
  ['this machine', ['127.0.0.1']],
  ['a private network', ['10.1.2.3']],
  ['a metadata service', ['169.254.169.254']],
  ['one private address of several', ['93.184.216.34', '192.168.0.1']],
  ['an IPv4 address in an IPv6 one', ['::ffff:127.0.0.1']],
  ['a link-local address with a zone', ['fe80::1%eth0']],
  ['no address at all', []],
])('refuses a name with %s', async (_name, addresses) => {
  answers.set('name.example', addressesOf(...addresses))
  expect(await look('name.example')).toMatchObject(refusal)
  expect(await look('name.example', { all: true })).toMatchObject(refusal)
})

it('gives public addresses in the form that was asked for', async () => {
  const addresses = addressesOf('93.184.216.34', '2606:2800:220:1::1')
  answers.set('name.example', addresses)
  expect(await look('name.example')).toEqual({ code: undefined, address: '93.184.216.34', family: 4 })
  expect(await look('name.example', { all: true })).toEqual({ code: undefined, address: addresses })
})

it('judges each answer anew, as a name may change its address', async () => {
  answers.set('rebinding.example', addressesOf('93.184.216.34'))
  expect((await look('rebinding.example')).code).toBeUndefined()
  answers.set('rebinding.example', addressesOf('127.0.0.1'))
  expect((await look('rebinding.example')).code).toBe(refusal.code)
})

it('refuses localhost as the resolver of the machine answers it', async () => {
  expect(await look('localhost')).toMatchObject(refusal)
})

it('keeps a request from connecting', async () => {
  const error = await new Promise<unknown>((resolve) => {
    get('http://localhost:9/', { lookup: publicLookup }).once('error', resolve)
  })
  expect(error).toMatchObject({ code: refusal.code })
})
