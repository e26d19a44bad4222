import { expect, it } from 'vitest'
import { interleave } from './interleave.ts'

it('takes turns, and keeps each contender’s samples apart', async () => {
  const order: string[] = []
  const samples = await interleave(['a', 'b', 'c'], 2, (name, round) => {
    order.push(name)
    return `${name}${String(round)}`
  })
  expect(order.join(' ')).toBe('a b c a b c')
  expect(samples).toEqual({ a: ['a1', 'a2'], b: ['b1', 'b2'], c: ['c1', 'c2'] })
})
