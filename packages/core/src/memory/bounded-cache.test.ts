import { expect, it } from 'vitest'
import { createBoundedCache } from './bounded-cache.ts'

it('keeps what was set, until it is deleted', () => {
  const cache = createBoundedCache<number>(10)
  cache.set('a', 1)
  cache.set('a', 2)
  expect(cache.get('a')).toBe(2)
  expect(cache.get('b')).toBeUndefined()
  cache.delete('a')
  expect(cache.get('a')).toBeUndefined()
  cache.set('b', 1)
  cache.clear()
  expect(cache.size).toBe(0)
})

it('never holds more than it may', () => {
  const cache = createBoundedCache<number>(10)
  for (let index = 0; index < 1000; index++) {
    cache.set(String(index), index)
    cache.get(String(index % 7))
    expect(cache.size).toBeLessThanOrEqual(10)
  }
})

it('keeps what is used while others pass by', () => {
  const cache = createBoundedCache<number>(10)
  cache.set('used', 1)
  for (let index = 0; index < 1000; index++) {
    cache.set(String(index), index)
    expect(cache.get('used')).toBe(1)
  }
  expect(cache.get('0')).toBeUndefined()
})
