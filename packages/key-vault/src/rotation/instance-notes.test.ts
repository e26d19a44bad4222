import { createFakeClock } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { createKeyLeases } from '../vault/key-leases.ts'
import { createMemoryVaultStore } from '../stores/memory-vault-store.ts'
import { createInstanceNotes } from './instance-notes.ts'

it.each([
  ['once', 'at first', undefined, 0, 1],
  ['not', 'when nothing changed', 1, 19_999, 0],
  ['once', 'after a third of its time', 1, 20_000, 1],
  ['once', 'when the revision changed', 0, 0, 1],
])('a note is written %s %s', async (_times, _when, before, afterMs, expected) => {
  const clock = createFakeClock()
  const store = createMemoryVaultStore({ clock })
  let writes = 0
  const counted = {
    ...store,
    announce: (...args: Parameters<typeof store.announce>) => {
      writes += 1
      return store.announce(...args)
    },
  }
  const notes = createInstanceNotes(counted, createKeyLeases(), 'a', 60_000, clock)
  if (before !== undefined) await notes.tell(before)
  clock.advance(afterMs)
  writes = 0
  await notes.tell(1)
  expect(writes).toBe(expected)
})

it('writes a note again that could not be written', async () => {
  const clock = createFakeClock()
  const store = createMemoryVaultStore({ clock })
  let isAway = true
  const failing = {
    ...store,
    announce: (...args: Parameters<typeof store.announce>) =>
      isAway ? Promise.reject(new Error('away')) : store.announce(...args),
  }
  const notes = createInstanceNotes(failing, createKeyLeases(), 'a', 60_000, clock)
  await expect(notes.tell(1)).rejects.toThrow('away')
  isAway = false
  await notes.tell(1)
  expect(await store.announcements()).toHaveLength(1)
})
