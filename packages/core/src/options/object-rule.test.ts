import { describe, expect, it } from 'vitest'
import { AlfredConfigError } from '../errors/config-error.ts'
import { interfaceRule } from './interface-rule.ts'
import { option } from './option-rules.ts'
import { inspectOptions } from './read-options.ts'

interface Source {
  readonly url?: string | undefined
  readonly client?: string | undefined
  readonly tls?: string | undefined
  readonly names?: readonly string[] | undefined
  readonly exempt?: string | undefined
  readonly maxConnections?: number | undefined
}

const source = interfaceRule<Source>(
  {
    url: option.string(),
    client: option.string(),
    tls: option.string(),
    names: option.list(option.string()),
    exempt: option.string(),
    maxConnections: option.integer(),
  },
  {
    exactlyOne: [['url', 'client']],
    atMostOne: [['client', 'tls']],
    needs: { exempt: 'maxConnections' },
    peers: {
      express: { limit: 'server.maxConnections', host: { note: 'the address is given to listen()' } },
      koa: { port: { ours: 'server.port', note: 'as a number' } },
    },
  },
)

class Configuration {
  readonly url = 'u'
}

const url = 'u'
const notPlain = ': must be a plain object: members of a class, a Map or a prototype are not read.'

describe('an object of options', () => {
  it.each<[string, unknown, readonly string[]]>([
    ['one of two', { url }, []],
    ['an object without prototype', Object.assign(Object.create(null) as object, { url }), []],
    ['an option that is undefined', { url, client: undefined, tls: undefined }, []],
    ['none of two', {}, ['.url: is required, unless client is given.']],
    ['both', { url, client: 'c' }, ['.client: must not be given together with url.']],
    [
      'two that exclude each other',
      { client: 'c', tls: 't' },
      ['.tls: must not be given together with client.'],
    ],
    ['what does nothing alone', { url, exempt: 'e' }, ['.exempt: does nothing without maxConnections.']],
    ['both of a pair', { url, exempt: 'e', maxConnections: 1 }, []],
    ['a list', [], [': must be an object, not a list.']],
    ['null', null, [': must be an object.']],
    ['text', 'redis://secret', [': must be an object.']],
    ['a class instance', new Configuration(), [notPlain]],
    ['a Map', new Map([['url', 'u']]), [notPlain]],
    ['inherited options', Object.create({ url }), [notPlain]],
    ['a symbol key', { url, [Symbol('tls')]: 't' }, [': has a symbol as a key, which is not an option.']],
    ['__proto__ of JSON', JSON.parse('{"url":"u","__proto__":{}}'), ['.__proto__: is not an option.']],
    ['a key of Object.prototype', { url, constructor: 1 }, ['.constructor: is not an option.']],
    ['a hidden key', Object.defineProperty({ url }, 'tsl', { value: 1 }), ['.tsl: is not an option. (tls)']],
    [
      'a getter that throws',
      {
        get url() {
          throw new Error('secret')
        },
      },
      ['.url: cannot be read: its getter throws.', '.url: is required, unless client is given.'],
    ],
    [
      'an option of a peer',
      { url, limit: 1 },
      ['.limit: is an option of express; here it is server.maxConnections.'],
    ],
    [
      'one that differs',
      { url, port: 1 },
      ['.port: is an option of koa; here it is server.port, as a number.'],
    ],
    [
      'one we lack',
      { url, host: 1 },
      ['.host: is an option of express; here the address is given to listen().'],
    ],
    [
      'a switch',
      { url, enabled: false },
      ['.enabled: is not an option: to switch off, give false in place of the object.'],
    ],
    ['a key with a line break', { url, 'a\nb': 1 }, ['."a\\nb": is not an option.']],
    ['a text in place of a key', { url, ['secret'.repeat(20)]: 1 }, ['."secretse…": is not an option.']],
  ])('judges %s', (_what, value, expected) => {
    const { problems } = inspectOptions('it', value, source)
    expect(
      problems.map(({ path, message, suggestion }) => {
        const suffix = suggestion === undefined ? '' : ` (${suggestion})`
        return `${path.slice('it'.length)}: ${message}${suffix}`
      }),
    ).toEqual(expected)
  })

  it('reads a getter once and keeps what it read', () => {
    let reads = 0
    const given = {
      get url() {
        reads += 1
        return reads === 1 ? 'u' : 5
      },
    }
    expect(inspectOptions('it', given, source)).toEqual({ value: { url: 'u' }, problems: [] })
  })

  it('returns a frozen copy', () => {
    const given = { url, names: ['a'] }
    const { value } = inspectOptions('it', given, source)
    given.url = 'other'
    given.names.push('b')
    expect(value).toEqual({ url, names: ['a'] })
    expect(Object.isFrozen(value)).toBe(true)
  })
})

describe('recordRule', () => {
  const record = option.record(option.integer())

  it('inherits nothing', () => {
    const { value } = inspectOptions('it', { constructor: 1, a: undefined }, record)
    expect(value).toEqual({ constructor: 1 })
    expect(Reflect.has(value ?? {}, 'toString')).toBe(false)
  })

  it('refuses __proto__, which would vanish', () => {
    const { problems } = inspectOptions('it', JSON.parse('{"__proto__":1}'), record)
    expect(problems).toMatchObject([{ path: 'it.__proto__', code: 'ALFRED_CONFIG_UNSAFE' }])
  })
})

it('prints the variable that an option was read from', () => {
  const problem = {
    path: 'a.b',
    code: 'ALFRED_CONFIG_MISSING',
    message: 'is required.',
    variable: 'A_B',
  } as const
  expect(new AlfredConfigError([problem]).message).toContain('  a.b (from A_B): is required.')
})
