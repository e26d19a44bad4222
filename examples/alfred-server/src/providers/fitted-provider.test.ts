import { expect, it } from 'vitest'
import { maxAnswerTokens, type Turn } from './chat-provider.ts'
import { alternateTurns, fitTurns } from './fitted-provider.ts'

const u = (content: string): Turn => ({ role: 'user', content })
const a = (content: string): Turn => ({ role: 'assistant', content })

it.each<[string, Turn[], Turn[]]>([
  ['a blank answer', [u('1'), a(' \n'), u('2')], [u('1\n\n2')]],
  ['two questions in a row', [u('1'), u('2')], [u('1\n\n2')]],
  ['an answer at the beginning', [a('0'), u('1'), a('2'), u('3')], [u('1'), a('2'), u('3')]],
  ['a usual conversation', [u('1'), a('2'), u('3')], [u('1'), a('2'), u('3')]],
  ['two answers in a row', [u('1'), a('2'), u(''), a('3'), u('4')], [u('1'), a('2\n\n3'), u('4')]],
])('puts %s into the form that providers take', (_what, turns, expected) => {
  expect(alternateTurns(turns)).toEqual(expected)
})

it('leaves the oldest turns out until the rest fits, never the question', () => {
  const long = 'x'.repeat(3000)
  const turns = [u(`1${long}`), a(`2${long}`), u(`3${long}`), a(`4${long}`), u('5')]
  const room = (tokens: number) => fitTurns(turns, maxAnswerTokens + tokens).map(({ content }) => content[0])
  expect(room(100_000)).toEqual(['1', '2', '3', '4', '5'])
  expect(room(2200)).toEqual(['3', '4', '5'])
  // The answer alone is no beginning.
  expect(room(1200)).toEqual(['5'])
  expect(room(0)).toEqual(['5'])
})
