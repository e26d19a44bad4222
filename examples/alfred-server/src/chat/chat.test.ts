import { expect, it, vi } from 'vitest'
import { LiveAnswer } from '../answers/live-answer.ts'
import { createChat } from './chat.ts'
import { SessionNotFoundError } from './not-found.ts'

const turn = { sessionId: 's', questionId: 'q', messageId: 'm' }
const history = [{ role: 'user', content: 'hi' }] as const

function setUp(known: boolean) {
  const calls: string[] = []
  const store = {
    begin: vi.fn(() => {
      calls.push('store')
      return Promise.resolve(known ? turn : undefined)
    }),
    history: vi.fn(() => Promise.resolve(history)),
  }
  const start = vi.fn(() => {
    calls.push('ask')
    return new LiveAnswer()
  })
  return { chat: createChat({ start }, store), store, start, calls }
}

it('stores the question before it asks anybody', async () => {
  const { chat, start, store, calls } = setUp(true)
  const settle = () => Promise.resolve()
  const asked = await chat.ask({ owner: 'me', message: 'hi', sessionId: 's', provider: 'openai' }, settle)
  expect(asked).toMatchObject(turn)
  expect(calls).toEqual(['store', 'ask'])
  expect(store.begin).toHaveBeenCalledWith({ owner: 'me', sessionId: 's', message: 'hi' })
  expect(start).toHaveBeenCalledWith({ owner: 'me', turn, turns: history, only: 'openai', settle })
})

it('asks nobody about a conversation that does not exist', async () => {
  const { chat, start } = setUp(false)
  await expect(chat.ask({ owner: 'me', message: 'q', sessionId: 'other' })).rejects.toThrow(
    SessionNotFoundError,
  )
  expect(start).not.toHaveBeenCalled()
})
