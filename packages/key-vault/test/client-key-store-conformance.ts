import { describe, expect, it } from 'vitest'
import type { ClientKeyStore } from '../src/client-keys/stores/client-key-store.ts'

const id = (number: number): string => `key${String(number).padStart(9, '0')}`
const idsOf = (keys: readonly { readonly id: string }[]): string[] => keys.map((key) => key.id)

/**
 * What every store of client keys must do.
 *
 * @param open - gives an empty place as a function that opens it, as another process would at each call
 * @param notifies - whether `watch` tells of what another process wrote
 */
export function describeClientKeyStore(
  name: string,
  open: () => Promise<() => ClientKeyStore>,
  { notifies }: { readonly notifies: boolean },
): void {
  describe(name, () => {
    it('begins empty', async () => {
      const store = (await open())()
      await store.ready()
      expect(await store.find(id(1))).toBeUndefined()
      expect(await store.list(undefined, 10)).toEqual([])
      expect(await store.readPepper()).toBeUndefined()
      expect((await store.changes()).ids).toEqual([])
    })

    it('counts the revisions of each key and keeps its last data', async () => {
      const place = await open()
      const store = place()
      expect(await store.write(id(1), 0, 'one')).toBe(true)
      expect(await store.write(id(2), 0, 'é "quoted" \u2028 \n 👩‍👩‍👧')).toBe(true)
      expect(await store.write(id(1), 1, 'one, again')).toBe(true)
      expect(await place().find(id(1))).toEqual({
        id: id(1),
        revision: 2,
        data: 'one, again',
        lastUsedAt: undefined,
      })
      expect(await place().find(id(2))).toMatchObject({ revision: 1, data: 'é "quoted" \u2028 \n 👩‍👩‍👧' })
    })

    it.each([[0], [1], [3], [100]])(
      'does not write when the key is at revision 2 and %d is expected',
      async (expected) => {
        const store = (await open())()
        await store.write(id(1), 0, 'first')
        await store.write(id(1), 1, 'second')
        expect(await store.write(id(1), expected, 'wrong')).toBe(false)
        expect(await store.find(id(1))).toMatchObject({ revision: 2, data: 'second' })
        expect(await store.write(id(2), 1, 'there is none')).toBe(false)
        expect(await store.find(id(2))).toBeUndefined()
      },
    )

    it('lets one of many writers through', async () => {
      const place = await open()
      for (let revision = 0; revision < 5; revision++) {
        const writers = Array.from({ length: 12 }, (_, index) => `writer ${String(index)}`)
        const done = await Promise.all(writers.map((data) => place().write(id(1), revision, data)))
        expect(done.filter(Boolean)).toHaveLength(1)
        expect(await place().find(id(1))).toMatchObject({
          revision: revision + 1,
          data: writers[done.indexOf(true)],
        })
      }
    })

    it('lists in the order of the ids, page by page', async () => {
      const store = (await open())()
      const names = ['b', 'A', 'a', 'Z', '0', 'z', '9'].map((first) => first + 'x'.repeat(11))
      for (const name of names) await store.write(name, 0, `data of ${name}`)
      const ordered = [...names].sort()
      expect(idsOf(await store.list(undefined, 100))).toEqual(ordered)
      const paged: string[] = []
      for (let after: string | undefined; ;) {
        const page = await store.list(after, 3)
        paged.push(...idsOf(page))
        after = page.at(-1)?.id
        if (page.length < 3) break
      }
      expect(paged).toEqual(ordered)
    })

    it('tells what was written since a position, whoever wrote it', async () => {
      const place = await open()
      const store = place()
      await store.write(id(1), 0, 'one')
      const { position } = await store.changes()
      expect((await store.changes(position)).ids).toEqual([])
      await place().write(id(2), 0, 'two')
      await place().write(id(1), 1, 'one, again')
      await place().write(id(2), 0, 'refused')
      const changed = await store.changes(position)
      expect([...(changed.ids ?? [])].sort()).toEqual([id(1), id(2)])
      expect(changed.position).toBeGreaterThan(position)
      expect((await store.changes(changed.position)).ids).toEqual([])
    })

    it('misses no write of many that happen while it is asked', async () => {
      const place = await open()
      const store = place()
      let { position } = await store.changes()
      const seen = new Set<string>()
      const look = async (): Promise<void> => {
        const changed = await store.changes(position)
        changed.ids?.forEach((changedId) => seen.add(changedId))
        position = changed.position
      }
      const written = Array.from({ length: 40 }, (_, number) => id(number))
      const writing = Promise.all(written.map((writtenId) => place().write(writtenId, 0, 'data')))
      for (let asked = 0; asked < 10; asked++) await look()
      expect((await writing).every(Boolean)).toBe(true)
      await look()
      expect([...seen].sort()).toEqual(written)
    })

    it('notes when keys were used, without a change of revision', async () => {
      const place = await open()
      await place().write(id(1), 0, 'one')
      await place().touch(
        new Map([
          [id(1), 2000],
          [id(2), 2000],
        ]),
      )
      await place().touch(new Map([[id(1), 1000]]))
      await place().touch(new Map())
      expect(await place().find(id(1))).toEqual({ id: id(1), revision: 1, data: 'one', lastUsedAt: 2000 })
      expect(await place().find(id(2))).toBeUndefined()
      await place().write(id(1), 1, 'two')
      expect(await place().list(undefined, 10)).toEqual([
        { id: id(1), revision: 2, data: 'two', lastUsedAt: 2000 },
      ])
    })

    it('keeps the pepper that was first, until it is replaced by somebody who knows it', async () => {
      const place = await open()
      const done = await Promise.all(
        ['a', 'b', 'c'].map((pepper) => place().replacePepper(undefined, pepper)),
      )
      expect(done.filter(Boolean)).toHaveLength(1)
      const first = ['a', 'b', 'c'][done.indexOf(true)]
      expect(await place().readPepper()).toBe(first)
      expect(await place().replacePepper('other', 'd')).toBe(false)
      expect(await place().replacePepper(first, 'd')).toBe(true)
      expect(await place().readPepper()).toBe('d')
    })

    if (!notifies) return

    it('tells of what another process writes', async () => {
      const place = await open()
      const store = place()
      await store.ready()
      let told = 0
      const stop = store.watch(() => {
        told += 1
      })
      // The subscription may take a moment to begin, so there may be writes that it misses.
      for (let revision = 0; told === 0; revision++) {
        expect(await place().write(id(1), revision, 'data')).toBe(true)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      stop()
    })
  })
}
