import type * as FileSystem from 'node:fs/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createFileVaultStore } from './file-vault-store.ts'

/** The next rename waits for `go`, as that of a process does which was stopped before it. */
interface Hold {
  readonly reached: PromiseWithResolvers<undefined>
  readonly go: PromiseWithResolvers<undefined>
}

const holds: Hold[] = []

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof FileSystem>()
  return {
    ...real,
    async rename(from: string, to: string) {
      const hold = holds.pop()
      hold?.reached.resolve(undefined)
      await hold?.go.promise
      await real.rename(from, to)
    },
  }
})

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'held-rename-'))
})
afterEach(() => rm(folder, { recursive: true }))

it.each([
  [0, 1],
  [0, 9],
  [3, 1],
  [3, 7],
  [3, 8],
  [3, 9],
  [3, 12],
  [3, 40],
])(
  'loses no write when one at revision %d is held before its rename while %d others are made',
  async (at, others) => {
    const path = join(folder, 'keys.vault')
    const [held, other] = [createFileVaultStore({ path }), createFileVaultStore({ path })]
    for (let revision = 0; revision < at; revision++)
      await other.compareAndSet(revision, String(revision + 1))
    const hold: Hold = { reached: Promise.withResolvers(), go: Promise.withResolvers() }
    holds.push(hold)
    const writing = held.compareAndSet(at, String(at + 1))
    await hold.reached.promise
    const newest = at + 1 + others
    for (let revision = at + 1; revision < newest; revision++) {
      expect(await other.compareAndSet(revision, String(revision + 1))).toBe(true)
    }
    hold.go.resolve(undefined)
    expect(await writing).toBe(true)
    for (const store of [held, other, createFileVaultStore({ path })]) {
      expect(await store.read()).toEqual({ revision: newest, data: String(newest) })
      expect(await store.compareAndSet(at + 1, 'twice')).toBe(false)
    }
    expect(await other.compareAndSet(newest, 'goes on')).toBe(true)
  },
)
