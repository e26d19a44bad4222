import { waitFor } from '@alfred/testkit'
import { describe, expect, it } from 'vitest'
import type { VaultStore } from '../src/stores/vault-store.ts'

/**
 * What every store must do.
 *
 * @param open - gives an empty place as a function that opens it, as another process would at each call
 */
export function describeVaultStore(name: string, open: () => Promise<() => VaultStore>): void {
  describe(name, () => {
    it('begins at revision 0 without data', async () => {
      expect(await (await open())().read()).toEqual({ revision: 0, data: undefined })
    })

    it('tells its time in ms since the epoch, where it has one of its own', async () => {
      const store = (await open())()
      const time = store.now ? await store.now() : Date.now()
      expect(Math.abs(time - Date.now())).toBeLessThan(60_000)
    })

    it('counts writes and keeps the last', async () => {
      const store = (await open())()
      for (let revision = 0; revision < 30; revision++) {
        expect(await store.compareAndSet(revision, `data ${String(revision)}`)).toBe(true)
        expect(await store.read()).toEqual({ revision: revision + 1, data: `data ${String(revision)}` })
      }
    })

    it.each([[0], [1], [3], [100]])(
      'does not write when it is at revision 2 and %d is expected',
      async (expected) => {
        const store = (await open())()
        await store.compareAndSet(0, 'first')
        await store.compareAndSet(1, 'second')
        expect(await store.compareAndSet(expected, 'wrong')).toBe(false)
        expect(await store.read()).toEqual({ revision: 2, data: 'second' })
      },
    )

    it.each([['é 👩‍👩‍👧‍👦 \u2028'], ['line\nline\n'], [''], ['x'.repeat(1_000_000)]])(
      'keeps data as it is (case %#)',
      async (data) => {
        const store = (await open())()
        await store.compareAndSet(0, data)
        expect(await store.read()).toEqual({ revision: 1, data })
      },
    )

    it('lets one of many writers through', async () => {
      const place = await open()
      for (let revision = 0; revision < 5; revision++) {
        const writers = Array.from({ length: 20 }, (_, index) => `writer ${String(index)}`)
        const done = await Promise.all(writers.map((data) => place().compareAndSet(revision, data)))
        expect(done.filter(Boolean)).toHaveLength(1)
        expect(await place().read()).toEqual({ revision: revision + 1, data: writers[done.indexOf(true)] })
      }
    })

    it('loses no write of writers that retry', async () => {
      const place = await open()
      const add = async (name: string): Promise<void> => {
        const store = place()
        for (;;) {
          const { revision, data = '' } = await store.read()
          if (await store.compareAndSet(revision, `${data}${name};`)) return
        }
      }
      const names = Array.from({ length: 12 }, (_, index) => String(index))
      await Promise.all(names.map(add))
      const { revision, data } = await place().read()
      expect(revision).toBe(12)
      expect(data?.split(';').filter(Boolean).sort()).toEqual([...names].sort())
    })

    it('gives the lease to one at a time, under a new epoch each time', async () => {
      const place = await open()
      for (let epoch = 1; epoch <= 5; epoch++) {
        const given = await Promise.all(Array.from({ length: 12 }, () => place().lease(60_000)))
        const [lease, ...others] = given.filter((found) => found !== undefined)
        expect(others).toEqual([])
        expect(lease?.epoch).toBe(epoch)
        expect(await place().lease(60_000)).toBeUndefined()
        expect(await lease?.renew(60_000)).toBe(true)
        await lease?.release()
      }
    })

    it('gives away a lease whose time is over, and refuses what its first holder writes', async () => {
      const place = await open()
      const first = await place().lease(1)
      const second = await waitFor(() => place().lease(60_000))
      expect(second.epoch).toBeGreaterThan(first?.epoch ?? Infinity)
      expect(await first?.renew(60_000)).toBe(false)
      await first?.release()
      expect(await place().lease(60_000)).toBeUndefined()
      await expect(place().compareAndSet(0, 'stale', first?.epoch)).rejects.toMatchObject({
        code: 'ALFRED_VAULT_FENCED',
      })
      expect(await place().read()).toEqual({ revision: 0, data: undefined })
      expect(await place().compareAndSet(0, 'fresh', second.epoch)).toBe(true)
      expect(await place().compareAndSet(1, 'without a lease')).toBe(true)
    })

    it('still takes writes under a lease that is over, as long as nobody has taken it', async () => {
      const place = await open()
      const lease = await place().lease(60_000)
      await lease?.release()
      expect(await place().compareAndSet(0, 'data', lease?.epoch)).toBe(true)
    })

    it('tells of writes by others until told to stop', async () => {
      const place = await open()
      const [watching, other] = [place(), place()]
      await Promise.all([watching.ready(), other.ready()])
      let told = 0
      const stop = watching.watch(() => (told += 1))
      let revision = 0
      // A hint may be lost, such as one sent before the store listens.
      await waitFor(async () => {
        expect(await other.compareAndSet(revision++, 'data')).toBe(true)
        return told > 0 || undefined
      })
      stop()
      stop()
      await watching.close()
      await other.close()
    })

    it('keeps the latest note of each instance', async () => {
      const place = await open()
      await place().announce('a', 'first', 60_000)
      await place().announce('b', 'é line\nline', 60_000)
      await place().announce('a', 'second', 60_000)
      expect([...(await place().announcements())].sort()).toEqual(['second', 'é line\nline'])
    })

    it('forgets a note whose time is over', async () => {
      const place = await open()
      await place().announce('a', 'gone', 1)
      await place().announce('b', 'here', 60_000)
      await waitFor(async () => (await place().announcements()).length === 1 || undefined)
      expect(await place().announcements()).toEqual(['here'])
    })

    it('appends to the audit trail where it ends, and nowhere else', async () => {
      const place = await open()
      expect(await place().readAudit(0, 10)).toEqual({ length: 0, entries: [] })
      expect(await place().appendAudit(1, ['wrong'])).toBe(false)
      expect(await place().appendAudit(0, ['a', 'b é', '{"c":"👩‍👩‍👧‍👦"}'])).toBe(true)
      expect(await place().appendAudit(0, ['wrong'])).toBe(false)
      expect(await place().appendAudit(3, ['d'])).toBe(true)
      expect(await place().readAudit(0, 10)).toEqual({
        length: 4,
        entries: ['a', 'b é', '{"c":"👩‍👩‍👧‍👦"}', 'd'],
      })
      expect(await place().readAudit(1, 2)).toEqual({ length: 4, entries: ['b é', '{"c":"👩‍👩‍👧‍👦"}'] })
      expect(await place().readAudit(4, 10)).toEqual({ length: 4, entries: [] })
      expect(await place().readAudit(2, 0)).toEqual({ length: 4, entries: [] })
    })

    it('lets one of many auditors through', async () => {
      const place = await open()
      const entries: string[] = []
      for (let length = 0; length < 5; length++) {
        const names = Array.from({ length: 12 }, (_, index) => `auditor ${String(index)}`)
        const done = await Promise.all(names.map((entry) => place().appendAudit(length, [entry])))
        expect(done.filter(Boolean)).toHaveLength(1)
        entries.push(names[done.indexOf(true)] ?? '')
        expect(await place().readAudit(0, 100)).toEqual({ length: length + 1, entries })
      }
    })
  })
}
