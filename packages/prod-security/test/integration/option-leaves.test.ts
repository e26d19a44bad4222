import { AlfredConfigError } from '@alfred/core'
import { createMemoryVaultStore, keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AlfredConfig } from '../../src/config/alfred-config.ts'
import { alfredHardening } from '../../src/alfred-hardening.ts'
import { type OptionPath, readOptionPaths } from '../settings/option-leaves.ts'

const canary = 'CANARY7f3a'
const unreadable = new Proxy(
  {},
  {
    get() {
      throw new Error(canary)
    },
    ownKeys() {
      throw new Error(canary)
    },
  },
)
const revoked = Proxy.revocable({}, {})
revoked.revoke()

/** What no option means, each beside the words of a report. */
const wrongValues: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-1', -1],
  ['0.5', 0.5],
  ['a bigint', 10n],
  ['an empty text', ''],
  ['a text', canary],
  ['a URL with a password', `https://user:${canary}@example.com:99999/?key=${canary}`],
  ['a text with a line break', `${canary}\r\n${canary}`],
  ['a long text', canary.repeat(2000)],
  ['a symbol', Symbol(canary)],
  ['an empty list', []],
  ['a list of null', [null]],
  ['a list of texts', [canary, canary]],
  ['an empty object', {}],
  ['an unknown member', { [canary.toLowerCase()]: canary }],
  ['an object without a prototype', Object.assign(Object.create(null) as object, { a: canary })],
  ['a date', new Date(NaN)],
  [
    'a function that throws',
    () => {
      throw new Error(canary)
    },
  ],
  ['an async function', () => Promise.reject(new Error(canary))],
  ['an object that cannot be read', unreadable],
  ['a revoked proxy', revoked.proxy],
]

const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 7).toString('base64'))
const off: AlfredConfig = {
  headers: false,
  csrf: false,
  rateLimit: false,
  requestLimits: false,
  bodyGuard: false,
  health: false,
  metrics: false,
  tracing: false,
}

/** What a layer cannot do without. */
const needed: Readonly<Record<string, object>> = {
  clientKeys: { store: createMemoryClientKeyStore(), keyEncryptionKey },
  vault: { store: createMemoryVaultStore(), keyEncryptionKey },
  cors: { origin: 'https://app.example.com' },
  webhooks: { endpoints: [{ path: '/hooks', signature: 'github', secrets: ['a-secret-of-github'] }] },
}

function place(path: OptionPath, value: unknown): unknown {
  const [first, ...rest] = path
  if (first === undefined) return value
  return first === 0 ? [place(rest, value)] : { [first]: place(rest, value) }
}

/** A configuration with `value` at `path`, and every other layer off. */
function configWith([layer, ...rest]: OptionPath, value: unknown): unknown {
  const name = String(layer)
  const options = place(rest, value)
  return { ...off, [name]: rest.length > 0 ? { ...needed[name], ...(options as object) } : options }
}

const crashes: unknown[] = []
const note = (error: unknown): void => void crashes.push(error)
beforeAll(() => {
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
})
afterAll(() => {
  process.off('unhandledRejection', note)
  process.off('uncaughtException', note)
})

/** What is wrong with how a configuration was answered; `undefined` when nothing is. */
async function faultOf(config: unknown): Promise<string | undefined> {
  try {
    await alfredHardening(config as AlfredConfig).close()
    return undefined
  } catch (error) {
    if (!(error instanceof AlfredConfigError)) return `threw ${String(error)}`
    if (error.message.includes(canary)) return `repeats what it was given: ${error.message}`
    if (error.problems.some(({ path }) => path === '')) return `names no path: ${error.message}`
    return error.message.length > 4000 ? `is ${String(error.message.length)} characters long` : undefined
  }
}

it('every option answers a wrong value with an error that names it and repeats nothing', async () => {
  const paths = readOptionPaths()
  expect(paths.length).toBeGreaterThan(150)
  const faults: string[] = []
  for (const path of paths) {
    for (const [words, value] of wrongValues) {
      const fault = await faultOf(configWith(path, value))
      if (fault !== undefined) faults.push(`${path.join('.')} = ${words}: ${fault}`)
    }
  }
  process.stdout.write(`options: ${String(paths.length)} × ${String(wrongValues.length)} wrong values\n`)
  expect(faults).toEqual([])
  expect(crashes).toEqual([])
}, 120_000)
