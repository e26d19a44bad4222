import { expect, it } from 'vitest'
import { type AnswerEvent, LiveAnswer } from './live-answer.ts'

const { signal } = new AbortController()
const answerer = { provider: 'openai', model: 'm' } as const
const end = { state: 'complete', finish: 'stop' } as const

const read = (answer: LiveAnswer, from?: number): Promise<AnswerEvent[]> =>
  Array.fromAsync(answer.read(from, signal))
const textOf = (events: readonly AnswerEvent[]): string =>
  events.map((event) => (event.type === 'token' ? event.text : '')).join('')

it('tells what there is and what comes, each character once', async () => {
  const answer = new LiveAnswer()
  const early = read(answer)
  answer.begin(answerer)
  answer.append('one')
  await Promise.resolve()
  const late = read(answer)
  const resumed = read(answer, 2)
  answer.append(' two')
  answer.finish(end)
  for (const events of [await early, await late]) {
    expect(events[0]).toEqual({ type: 'provider', at: 0, answerer })
    expect(textOf(events)).toBe('one two')
    expect(events.at(-1)).toEqual({ type: 'end', at: 7, end })
  }
  const rest = await resumed
  expect(rest.map(({ type }) => type)).not.toContain('provider')
  expect(textOf(rest)).toBe('e two')
})

it('tells a slow reader everything, in fewer pieces', async () => {
  const answer = new LiveAnswer()
  answer.append('a')
  const reader = answer.read(undefined, signal)
  await reader.next()
  for (const piece of ['b', 'c', 'd']) answer.append(piece)
  answer.finish(end)
  expect(await reader.next()).toMatchObject({ value: { type: 'token', text: 'bcd', at: 4 } })
  expect(await reader.next()).toMatchObject({ value: { type: 'end' } })
})

it('lets a reader go', async () => {
  const answer = new LiveAnswer()
  const leaving = new AbortController()
  const events = Array.fromAsync(answer.read(undefined, leaving.signal))
  leaving.abort()
  expect(await events).toEqual([])
})

it('has one end, and takes a longer text over', () => {
  const answer = new LiveAnswer()
  answer.append('one')
  answer.extendTo('one two')
  answer.extendTo('one')
  answer.finish(end)
  answer.finish({ state: 'cut', finish: 'cut' })
  expect(answer.text).toBe('one two')
  expect(answer.end).toBe(end)
})
