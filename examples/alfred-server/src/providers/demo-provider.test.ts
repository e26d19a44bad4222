import { expect, it } from 'vitest'
import { createDemoProvider } from './demo-provider.ts'

const turns = [{ role: 'user', content: 'hi' }] as const

it('answers, and says that it is a demo', async () => {
  const answer = await createDemoProvider().answer(turns, new AbortController().signal)
  expect(answer.finish()).toBe('cut')
  const pieces = await Array.fromAsync(answer.tokens)
  const text = pieces.join('')
  expect(text).toMatch(/^This is a demo answer/)
  expect(text).toContain('**2 characters**')
  expect(answer.usage()?.outputTokens).toBe(pieces.length)
  expect(answer.finish()).toBe('stop')
})

it('streams Markdown, code and a table in small pieces', async () => {
  const answer = await createDemoProvider().answer(turns, new AbortController().signal)
  const pieces = await Array.fromAsync(answer.tokens)
  expect(Math.max(...pieces.map((piece) => piece.trim().length))).toBeLessThanOrEqual(6)
  const text = pieces.join('')
  for (const part of ['\n## ', '\n```ts\n', '\n| --- |', '\n1. ']) expect(text).toContain(part)
})

it('is cut when it is stopped', async () => {
  const stop = new AbortController()
  const answer = await createDemoProvider().answer(turns, stop.signal)
  stop.abort()
  await expect(Array.fromAsync(answer.tokens)).rejects.toThrow()
  expect(answer.finish()).toBe('cut')
})
