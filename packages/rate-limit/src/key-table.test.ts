import { describe, expect, it } from 'vitest'
import { createKeyTable } from './key-table.ts'

const fill = (table: ReturnType<typeof createKeyTable>, from: number, to: number): void => {
  for (let key = from; key < to; key++) table.set(table.insert(String(key)), key * 10, key)
}

describe('a key table', () => {
  it('keeps a time and a number for each key', () => {
    const table = createKeyTable(1000)
    fill(table, 0, 400)
    const slot = table.find('321')
    expect([table.time(slot), table.rest(slot)]).toEqual([3210, 321])
    expect(table.find('400')).toBe(-1)
  })

  it('keeps the largest values it is made for', () => {
    const table = createKeyTable(10)
    const slot = table.insert('a')
    table.set(slot, 2 ** 53 - 1, 2 ** 32 - 1)
    expect([table.time(slot), table.rest(slot)]).toEqual([2 ** 53 - 1, 2 ** 32 - 1])
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
    expect(table.find('0')).not.toBe(-1)
    fill(table, 9, 10)
    expect(['0', '1', '9'].map((key) => table.find(key) !== -1)).toEqual([true, false, true])
  })

  it('forgets a deleted key in both generations', () => {
    const table = createKeyTable(4)
    fill(table, 0, 3)
    table.delete('0')
    table.delete('2')
    expect(['0', '1', '2'].map((key) => table.find(key) !== -1)).toEqual([false, true, false])
  })

  it('ages keys that nobody asks for, and only those', () => {
    const table = createKeyTable(1000)
    table.age(0, 100)
    fill(table, 0, 2)
    table.age(101, 100)
    table.find('0')
    table.age(150, 100)
    expect(table.size).toBe(2)
    table.age(202, 100)
    expect(['0', '1'].map((key) => table.find(key) !== -1)).toEqual([true, false])
  })
})
