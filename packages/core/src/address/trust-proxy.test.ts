import { expect, it } from 'vitest'
import { AlfredConfigError } from '../errors/config-error.ts'
import { readOptions } from '../options/read-options.ts'
import { type TrustProxy, trustProxyRule } from './trust-proxy.ts'

function problemsOf(value: unknown): string[] {
  try {
    readOptions('trustProxy', value, trustProxyRule)
  } catch (error) {
    if (error instanceof AlfredConfigError)
      return error.problems.map(({ path, code, message }) => `${path} ${code} ${message}`)
    throw error
  }
  return []
}

it.each<[unknown, string]>([
  ['1', 'trustProxy ALFRED_CONFIG_WRONG_TYPE must be the number 1, without quotation marks.'],
  [' 2 ', 'trustProxy ALFRED_CONFIG_WRONG_TYPE must be the number 2, without quotation marks.'],
  [['1'], 'trustProxy[0] ALFRED_CONFIG_WRONG_TYPE must be the number 1, without quotation marks.'],
  [
    ['1', '10.0.0.1'],
    'trustProxy[0] ALFRED_CONFIG_WRONG_TYPE must be an address: a number of hops stands alone.',
  ],
  [[1], 'trustProxy[0] ALFRED_CONFIG_WRONG_TYPE'],
  ['false', 'trustProxy ALFRED_CONFIG_WRONG_TYPE must be false, without quotation marks.'],
  ['true', 'trustProxy ALFRED_CONFIG_UNSAFE must not be true'],
  [true, 'trustProxy ALFRED_CONFIG_UNSAFE must not be true'],
  ['', 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE'],
  ['0x7f000001', 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE'],
  ['10.1', 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE'],
  ['10.0.0.01', 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE'],
  ['10.0.0.0/33', 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE'],
  ['10.0.0.0/255.0.0.0', 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE'],
  ['10.0.0.1:80', 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE'],
  ['10.0.0.1, 10.0.0.2', 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE'],
  ['*', 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE'],
  ['fe80::1%eth0', 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE'],
  ['::ffff:10.0.0.0/8', 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE'],
  ['localhost', 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE'],
  ['__proto__', 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE'],
  [['10.0.0.1', 'not an address'], 'trustProxy[1] ALFRED_CONFIG_OUT_OF_RANGE'],
  ['0.0.0.0/0', 'trustProxy ALFRED_CONFIG_UNSAFE must not be a network so large'],
  ['::/0', 'trustProxy ALFRED_CONFIG_UNSAFE must not be a network so large'],
  [['0.0.0.0/1', '10.0.0.1'], 'trustProxy[0] ALFRED_CONFIG_UNSAFE'],
  ['::ffff:0:0/96', 'trustProxy ALFRED_CONFIG_UNSAFE'],
  ['2000::/3', 'trustProxy ALFRED_CONFIG_UNSAFE'],
  ['f000::/4', 'trustProxy ALFRED_CONFIG_UNSAFE'],
  [-1, 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE'],
  [1.5, 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE'],
  [NaN, 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE'],
  [17, 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE'],
  [8080, 'trustProxy ALFRED_CONFIG_OUT_OF_RANGE must be a whole number of proxies from 0 to 16.'],
  [null, 'trustProxy ALFRED_CONFIG_WRONG_TYPE'],
  [{ proxies: 1 }, 'trustProxy.clientAddressHeader ALFRED_CONFIG_MISSING'],
  [{ clientAddressHeader: 'cf-connecting-ip' }, 'trustProxy.proxies ALFRED_CONFIG_MISSING'],
  [
    { proxies: false, clientAddressHeader: 'cf-connecting-ip' },
    'trustProxy.proxies ALFRED_CONFIG_CONFLICT must name proxies',
  ],
  [{ proxies: 0, clientAddressHeader: 'cf-connecting-ip' }, 'trustProxy.proxies ALFRED_CONFIG_CONFLICT'],
  [{ proxies: true, clientAddressHeader: 'cf-connecting-ip' }, 'trustProxy.proxies ALFRED_CONFIG_UNSAFE'],
  [
    { proxies: ['0.0.0.0/0'], clientAddressHeader: 'cf-connecting-ip' },
    'trustProxy.proxies[0] ALFRED_CONFIG_UNSAFE',
  ],
  [
    { proxies: 1, clientAddressHeader: 'X-Forwarded-For' },
    'trustProxy.clientAddressHeader ALFRED_CONFIG_CONFLICT must be a field that holds one address alone',
  ],
  [{ proxies: 1, clientAddressHeader: 'a b' }, 'trustProxy.clientAddressHeader ALFRED_CONFIG'],
  [() => true, 'trustProxy ALFRED_CONFIG_WRONG_TYPE'],
])('trustProxy refuses %j: %s', (value, problem) => {
  expect(problemsOf(value)).toEqual([expect.stringContaining(problem)])
})

it('misses both options of an empty object', () => {
  expect(problemsOf({})).toHaveLength(2)
})

it('names the one that was probably meant', () => {
  expect(() => readOptions('trustProxy', 'loopbak', trustProxyRule)).toThrow('Did you mean "loopback"?')
})

it.each<[TrustProxy]>([
  [false],
  [0],
  [1],
  [16],
  ['loopback'],
  ['fc00::/7'],
  [[]],
  [{ proxies: ['173.245.48.0/20'], clientAddressHeader: 'cf-connecting-ip' }],
  [['10.0.0.0/8', '::1', 'uniquelocal', '2400:cb00::/32', '::ffff:10.0.0.1']],
])('trustProxy takes %j', (value) => {
  const read: unknown = readOptions('trustProxy', value, (given, report) => {
    const trust = trustProxyRule(given, report)
    return trust === undefined ? undefined : { trust }
  })
  expect(read).toEqual({ trust: value })
})

it.each([
  [{}],
  [{ proxies: 1 }],
  [{ proxies: 'nobody', clientAddressHeader: 'cf-connecting-ip' }],
  [{ proxies: 1, clientAddressHeader: 'cf-connecting-ip', trusted: true }],
])('takes nothing of %j', (value) => {
  let read: unknown
  const look = (): unknown =>
    readOptions('trustProxy', value, (given, report) => (read = trustProxyRule(given, report)))
  expect(look).toThrow(AlfredConfigError)
  expect(read).toBeUndefined()
})

it('reads the name of a field in any case', () => {
  const value = { proxies: 1, clientAddressHeader: 'CF-Connecting-IP' }
  expect(readOptions('trustProxy', value, trustProxyRule)).toEqual({
    proxies: 1,
    clientAddressHeader: 'cf-connecting-ip',
  })
})
