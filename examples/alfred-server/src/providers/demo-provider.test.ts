import { expect, it } from 'vitest'
import { createDemoProvider } from './demo-provider.ts'

const turns = [{ role: 'user', content: 'hi' }] as const

it('answers, and says that it is a demo', async () => {
  const answer = await createDemoProvider().answer(turns, new AbortController().signal)
  expect(answer.finish()).toBe('cut')
  expect((await Array.fromAsync(answer.tokens)).join('')).toContain('This is a demo answer')
  expect(answer.finish()).toBe('stop')
})

it('is cut when it is stopped', async () => {
  const stop = new AbortController()
  const answer = await createDemoProvider().answer(turns, stop.signal)
  stop.abort()
  await expect(Array.fromAsync(answer.tokens)).rejects.toThrow()
  expect(answer.finish()).toBe('cut')
})
