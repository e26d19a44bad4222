import { describe, expect, it } from 'vitest'
import type { VaultStore } from '../src/vault-store.ts'

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
  })
}
