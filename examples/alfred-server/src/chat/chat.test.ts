import { expect, it, vi } from 'vitest'
import { LiveAnswer } from '../answers/live-answer.ts'
import { BudgetExceededError } from '../budget/budget.ts'
import { createChat } from './chat.ts'
import { SessionNotFoundError } from './not-found.ts'

const turn = { sessionId: 's', questionId: 'q', messageId: 'm' }
const history = [{ role: 'user', content: 'hi' }] as const

type Begin = Parameters<typeof createChat>[2]['begin']

function setUp(known: boolean) {
  const calls: string[] = []
  const begin = vi.fn<Begin>(async ({ admit }) => {
    calls.push('store')
    if (!known) return undefined
    await admit?.(() => Promise.resolve([]), turn, history)
    return { ...turn, turns: history }
  })
  const reserve = vi.fn(() => {
    calls.push('reserve')
    return Promise.resolve({ limit: 9, remaining: 8, resetSeconds: 7 })
  })
  const start = vi.fn(() => {
    calls.push('ask')
    return new LiveAnswer()
  })
  const touch = vi.fn()
  const chat = createChat({ start }, { reserve }, { begin }, { touch })
  return { chat, begin, reserve, start, touch, calls }
}

it('stores the question and reserves its cost before it asks anybody', async () => {
  const { chat, start, begin, touch, calls } = setUp(true)
  const settle = () => Promise.resolve()
  const asked = await chat.ask(
    { owner: 'me', payer: 'me', message: 'hi', sessionId: 's', provider: 'openai' },
    settle,
  )
  expect(asked).toMatchObject({ ...turn, left: { remaining: 8 } })
  expect(calls).toEqual(['store', 'reserve', 'ask'])
  expect(touch).toHaveBeenCalledExactlyOnceWith(turn.sessionId)
  expect(begin).toHaveBeenCalledWith(expect.objectContaining({ owner: 'me', sessionId: 's', message: 'hi' }))
  expect(start).toHaveBeenCalledWith({ owner: 'me', turn, turns: history, only: 'openai', settle })
})

it('asks nobody about a conversation that does not exist', async () => {
  const { chat, start } = setUp(false)
  const asking = chat.ask({ owner: 'me', payer: 'me', message: 'q', sessionId: 'other' })
  await expect(asking).rejects.toThrow(SessionNotFoundError)
  expect(start).not.toHaveBeenCalled()
})

it('asks nobody what does not fit into the budget', async () => {
  const { chat, start, reserve } = setUp(true)
  reserve.mockRejectedValue(new BudgetExceededError(60))
  await expect(chat.ask({ owner: 'me', payer: 'me', message: 'q' })).rejects.toThrow(BudgetExceededError)
  expect(start).not.toHaveBeenCalled()
})
