import {
  type AlfredEventName,
  createEventBus,
  type EventBus,
  lifecycle,
  type LogMethod,
  type Logger,
  noopLogger,
} from '@alfred/core'
import { createFakeClock, type FakeClock } from '@alfred/testkit'
import { keyEncryptionKeyFromBase64 } from '../src/index.ts'
import {
  type ClientKeys,
  type ClientKeysOptions,
  type ClientKeyStore,
  createClientKeys,
  createMemoryClientKeyStore,
} from '../src/client-keys.ts'
import { onTestFinished } from 'vitest'

/** A store between a process and the real one, that can be away or slow, and counts what it is asked. */
interface FaultyStore extends ClientKeyStore {
  behind: ClientKeyStore
  fault: 'none' | 'refuses' | 'hangs'
  finds: number
  /** Runs between the reading of a key and its answer. */
  afterFind: (() => Promise<void>) | undefined
}

function createFaultyStore(behind: ClientKeyStore): FaultyStore {
  const through = async <R>(ask: (store: ClientKeyStore) => Promise<R>): Promise<R> => {
    if (faulty.fault === 'refuses') throw new Error('connection refused')
    if (faulty.fault === 'hangs') await new Promise(() => undefined)
    return ask(faulty.behind)
  }
  const faulty: FaultyStore = {
    behind,
    fault: 'none',
    finds: 0,
    afterFind: undefined,
    async find(id) {
      faulty.finds += 1
      const found = await through((store) => store.find(id))
      await faulty.afterFind?.()
      return found
    },
    list: (after, limit) => through((store) => store.list(after, limit)),
    write: (id, expected, data) => through((store) => store.write(id, expected, data)),
    touch: (uses) => through((store) => store.touch(uses)),
    changes: (position) => through((store) => store.changes(position)),
    readPepper: () => through((store) => store.readPepper()),
    replacePepper: (expected, pepper) => through((store) => store.replacePepper(expected, pepper)),
    // Polls alone.
    watch: () => () => undefined,
    ...lifecycle(() => undefined),
  }
  return faulty
}

/** The key-encryption key of the tests. */
export const testKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 7).toString('base64'))

/** Lets promises that wait for each other settle. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}

/** Lets time pass, a second at a time, as timers and answers need it. */
export async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1000) {
    clock.advance(Math.min(1000, ms - passed))
    await settle()
  }
}

/** Client keys on a clock that stands still, with what they tell. */
export interface ClientKeysFixture {
  readonly clientKeys: ClientKeys
  readonly clock: FakeClock
  readonly store: FaultyStore
  readonly events: EventBus
  /** The events, as their names and fields. */
  readonly told: [AlfredEventName, unknown][]
  readonly logged: [Readonly<Record<string, unknown>>, string][]
  /** Another process on the same store. */
  other(options?: Partial<ClientKeysOptions>): ClientKeysFixture
}

const names = [
  'client-key.rejected',
  'client-key.changed',
  'client-key.used-after-rotation',
  'client-key.store-unavailable',
  'client-key.store-recovered',
] as const satisfies AlfredEventName[]

export function createClientKeysFixture(
  options: Partial<ClientKeysOptions> = {},
  shared: ClientKeyStore = createMemoryClientKeyStore(),
  clock: FakeClock = createFakeClock(),
): ClientKeysFixture {
  const events = createEventBus(noopLogger)
  const told: [AlfredEventName, unknown][] = []
  for (const name of names) events.on(name, (event) => told.push([name, event]))
  const logged: [Readonly<Record<string, unknown>>, string][] = []
  const log: LogMethod = (fields, text) => logged.push([fields, text])
  const logger: Logger = { debug: log, info: log, warn: log, error: log }
  const store = createFaultyStore(shared)
  const clientKeys = createClientKeys({
    store,
    keyEncryptionKey: testKey,
    clock,
    events,
    logger,
    ...options,
  })
  onTestFinished(() => clientKeys.close())
  return {
    clientKeys,
    clock,
    store,
    events,
    told,
    logged,
    other: (more = {}) => createClientKeysFixture({ ...options, ...more }, shared, clock),
  }
}
