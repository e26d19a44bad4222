import { describe, expect, it } from 'vitest'
import { createKeyTable, type KeyTable } from './key-table.ts'

const fill = (table: KeyTable, from: number, to: number): void => {
  for (let key = from; key < to; key++) {
    table.write(String(key), { timeUs: key * 10, count: key, previous: key + 1 })
  }
}

const readAll = (table: KeyTable, key: string) => {
  const cell = { timeUs: 7, count: 7, previous: 7 }
  return { known: table.read(key, cell), ...cell }
}

const known = (table: KeyTable, ...keys: readonly string[]): boolean[] =>
  keys.map((key) => readAll(table, key).known)

describe('a key table', () => {
  it('keeps a cell for each key', () => {
    const table = createKeyTable(1000)
    fill(table, 0, 400)
    expect(readAll(table, '321')).toEqual({ known: true, timeUs: 3210, count: 321, previous: 322 })
    expect(readAll(table, '400')).toEqual({ known: false, timeUs: 0, count: 0, previous: 0 })
  })

  it('keeps the largest values it is made for', () => {
    const table = createKeyTable(10)
    const cell = { timeUs: 2 ** 53 - 1, count: 2 ** 32 - 1, previous: 2 ** 32 - 1 }
    table.write('a', cell)
    expect(readAll(table, 'a')).toEqual({ known: true, ...cell })
  })

  it.each([2, 3, 10, 1000])('never holds more than %i keys', (maxKeys) => {
    const table = createKeyTable(maxKeys)
    for (let key = 0; key < maxKeys * 5; key++) {
      fill(table, key, key + 1)
      expect(table.size).toBeLessThanOrEqual(maxKeys)
    }
  })

  it('drops the keys that were used longest ago', () => {
    const table = createKeyTable(10)
    fill(table, 0, 5)
    fill(table, 5, 9)
    expect(known(table, '0')).toEqual([true])
    fill(table, 9, 10)
    expect(known(table, '0', '1', '9')).toEqual([true, false, true])
  })

  it('forgets a deleted key in both generations', () => {
    const table = createKeyTable(4)
    fill(table, 0, 3)
    table.delete('0')
    table.delete('2')
    expect(known(table, '0', '1', '2')).toEqual([false, true, false])
  })

  it('has one cell for a key of the older generation that is written anew', () => {
    const table = createKeyTable(4)
    fill(table, 0, 2)
    fill(table, 2, 3)
    fill(table, 0, 1)
    expect(table.size).toBe(3)
  })

  it('ages keys that nobody asks for, and only those', () => {
    const table = createKeyTable(1000)
    table.age(0, 100)
    fill(table, 0, 2)
    table.age(101, 100)
    known(table, '0')
    table.age(150, 100)
    expect(table.size).toBe(2)
    table.age(202, 100)
    expect(known(table, '0', '1')).toEqual([true, false])
  })

  it('drops no cell before its time, however short the life of the caller is', () => {
    const table = createKeyTable(1000)
    table.age(0, 100)
    table.write('long', { timeUs: 10_000_000, count: 1, previous: 0 })
    for (let nowMs = 101; nowMs < 10_000; nowMs += 101) {
      table.write('short', { timeUs: nowMs * 1000, count: 1, previous: 0 })
      table.age(nowMs, 100)
    }
    expect(table.size).toBe(2)
    for (const nowMs of [10_101, 10_202, 10_303]) table.age(nowMs, 100)
    expect(table.size).toBe(0)
  })

  it('forgets nobody for a key that comes and goes', () => {
    const table = createKeyTable(100)
    table.write('kept', { timeUs: 1, count: 1, previous: 0 })
    for (let time = 0; time < 1000; time += 1) {
      fill(table, 7, 8)
      table.delete('7')
    }
    expect(known(table, 'kept', '7')).toEqual([true, false])
  })
})
