import { AlfredError, type Clock, createDeadline, readStop } from '@alfred/core'
import type { VaultStore } from './vault-store.ts'

const malformed = (method: string): AlfredError =>
  new AlfredError(
    'ALFRED_STORE_UNAVAILABLE',
    `The vault store returned a value of the wrong type from ${method}().`,
    { store: 'vault' },
  )

/**
 * A store of the application whose calls end in time and answer what their contract says. A `true` that is none would
 * count a write as done that was not.
 *
 * @param timeoutMs - milliseconds for each call but `ready` and `close`
 */
export function boundVaultStore(store: VaultStore, clock: Clock, timeoutMs: number): VaultStore {
  const inTime = createDeadline(
    clock,
    timeoutMs,
    () =>
      new AlfredError(
        'ALFRED_STORE_TIMEOUT',
        `The vault store did not answer within ${String(timeoutMs)} ms.`,
        { store: 'vault', timeoutMs },
      ),
  )
  const decided = async (method: string, work: () => Promise<boolean>): Promise<boolean> => {
    const answer: unknown = await inTime(work)
    if (typeof answer === 'boolean') return answer
    throw malformed(method)
  }
  const readTime = async (work: () => Promise<number> | undefined): Promise<number> => {
    const time: unknown = await inTime(async () => work())
    if (typeof time === 'number' && Number.isFinite(time)) return time
    throw malformed('now')
  }
  return {
    ready: () => store.ready(),
    close: () => store.close(),
    [Symbol.asyncDispose]: () => store.close(),
    async read() {
      const snapshot = await inTime(() => store.read())
      if (isSnapshot(snapshot)) return snapshot
      throw malformed('read')
    },
    compareAndSet: (expected, data, epoch) =>
      decided('compareAndSet', () => store.compareAndSet(expected, data, epoch)),
    async lease(ttlMs) {
      const lease = await inTime(() => store.lease(ttlMs))
      if (lease === undefined) return undefined
      if (!isLease(lease)) throw malformed('lease')
      return {
        epoch: lease.epoch,
        renew: (renewedMs: number) => decided('renew', () => lease.renew(renewedMs)),
        release: () => inTime(() => lease.release()),
      }
    },
    ...(store.now && { now: () => readTime(() => store.now?.()) }),
    watch: (listener) => readStop(store.watch(listener)),
    announce: (instance, note, ttlMs) => inTime(() => store.announce(instance, note, ttlMs)),
    async announcements() {
      const notes = await inTime(() => store.announcements())
      if (isTexts(notes)) return notes
      throw malformed('announcements')
    },
    appendAudit: (expected, entries) => decided('appendAudit', () => store.appendAudit(expected, entries)),
    async readAudit(from, limit) {
      const page = await inTime(() => store.readAudit(from, limit))
      if (isPage(page)) return page
      throw malformed('readAudit')
    },
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string')

const isSnapshot = (value: unknown): boolean =>
  isObject(value) &&
  Number.isSafeInteger(value['revision']) &&
  (value['data'] === undefined || typeof value['data'] === 'string')

const isLease = (value: unknown): boolean =>
  isObject(value) &&
  Number.isFinite(value['epoch']) &&
  typeof value['renew'] === 'function' &&
  typeof value['release'] === 'function'

const isPage = (value: unknown): boolean =>
  isObject(value) && Number.isSafeInteger(value['length']) && isTexts(value['entries'])
