import { noopLogger } from '@alfred/core'
import { type PostgresService, startPostgres } from '@alfred/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BudgetExceededError, createBudget } from '../../src/budget/budget.ts'
import { createDatabase, type Database } from '../../src/database/database.ts'
import { openPostgresDatabase } from '../../src/database/postgres-database.ts'
import { projectFolder } from '../../src/project-folder.ts'
import { postgresSettings } from '../postgres-settings.ts'

const turns = [{ role: 'user', content: 'hi' }] as const
const openai = { provider: 'openai', model: 'gpt-5-mini' } as const
const unbounded = { tokensPerMonth: undefined, microsPerDay: undefined, microsPerMonth: undefined }

let postgres: PostgresService
let first: Database
let second: Database
beforeAll(async () => {
  postgres = await startPostgres()
  const open = (): Database =>
    createDatabase({
      driver: openPostgresDatabase(postgresSettings(postgres.url)),
      folder: projectFolder,
      logger: noopLogger,
    })
  ;[first, second] = [open(), open()]
  await first.start()
  await second.start()
})
afterAll(async () => {
  await Promise.all([first.close(), second.close()])
  await postgres.stop()
})

const setUp = (limits: Parameters<typeof createBudget>[1], now?: () => number) => {
  const owner = crypto.randomUUID()
  const budgets = [first, second].map((database) => createBudget(database, limits, [openai], now))
  const reserve = async (at = 0): Promise<string> => {
    const id = crypto.randomUUID()
    const database = at % 2 === 0 ? first : second
    await database.transaction(async (query) =>
      budgets[at % 2]?.reserve(query, { owner, payer: owner }, id, turns),
    )
    return id
  }
  return { owner, reserve, budget: createBudget(second, limits, [openai], now) }
}

it('lets two instances reserve no more than there is, however many ask at once', async () => {
  const { reserve, budget } = setUp({ ...unbounded, tokensPerDay: 20_000 })
  const results = await Promise.allSettled(Array.from({ length: 64 }, (_, n) => reserve(n)))
  const admitted = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  expect(admitted).toHaveLength(4)
  for (const result of results) {
    if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(BudgetExceededError)
  }
  for (const id of admitted) await budget.settle(id, openai, { inputTokens: 5, outputTokens: 5 })
  const again = await Promise.allSettled(Array.from({ length: 64 }, (_, n) => reserve(n)))
  expect(again.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
})

it('takes what several owners spend from the budget of their one payer, and shows each its own use', async () => {
  const { budget } = setUp({ ...unbounded, tokensPerDay: 10_000 })
  const payer = `address:${crypto.randomUUID()}`
  const guests = [crypto.randomUUID(), crypto.randomUUID()]
  const reserve = async (owner: string): Promise<string> => {
    const id = crypto.randomUUID()
    await first.transaction((query) => budget.reserve(query, { owner, payer }, id, turns))
    return id
  }
  const ids = [await reserve(guests[0] ?? ''), await reserve(guests[1] ?? '')]
  await expect(reserve(crypto.randomUUID())).rejects.toThrow(BudgetExceededError)
  for (const id of ids) await budget.settle(id, openai, { inputTokens: 5, outputTokens: 7 })
  const usage = await Promise.all(guests.map((owner) => budget.usage(owner, '2000-01-01')))
  expect(usage.map((rows) => rows.map(({ outputTokens }) => outputTokens))).toEqual([[7], [7]])
})

it.each([
  ['tokens of the month', { tokensPerDay: 100_000, ...unbounded, tokensPerMonth: 9000 }, 2],
  // 4096 tokens of the answer are 8192 millionths of a dollar.
  ['money of the day', { tokensPerDay: 100_000, ...unbounded, microsPerDay: 9000 }, 1],
  ['money of the month', { tokensPerDay: 100_000, ...unbounded, microsPerMonth: 17_000 }, 2],
])('bounds the %s', async (_what, limits, fitting) => {
  const { reserve } = setUp(limits)
  for (let n = 0; n < fitting; n++) await reserve(n)
  await expect(reserve()).rejects.toThrow(BudgetExceededError)
})

it('says when the next period begins, and begins it', async () => {
  let now = Date.parse('2026-11-30T23:59:00Z')
  const { reserve } = setUp({ ...unbounded, tokensPerDay: 5000 }, () => now)
  await reserve()
  await expect(reserve()).rejects.toMatchObject({ retryAfterSeconds: 60 })
  now += 60_000
  await reserve()
})

it('settles once, and tells usage by day and model', async () => {
  const { owner, reserve, budget } = setUp({ ...unbounded, tokensPerDay: 20_000 })
  const id = await reserve()
  await budget.settle(id, openai, { inputTokens: 100, outputTokens: 50 })
  await budget.settle(id, openai, { inputTokens: 100, outputTokens: 50 })
  await budget.settle(await reserve(), undefined, { inputTokens: 0, outputTokens: 0 })
  expect(await budget.usage(owner, '2000-01-01')).toEqual([
    expect.objectContaining({ ...openai, answers: 1, inputTokens: 100, outputTokens: 50, dollars: 0.000125 }),
  ])
  const [day] = await first.query<{ tokens: string }>(
    'SELECT tokens FROM budget_periods WHERE payer = $1 AND length(period) = 10',
    [owner],
  )
  expect(Number(day?.tokens)).toBe(150)
})

it('keeps what was reserved for an answer whose maker died', async () => {
  const { reserve, budget } = setUp({ ...unbounded, tokensPerDay: 5000 })
  const id = await reserve()
  expect(await budget.settleAbandoned()).toBe(0)
  await first.query(`UPDATE reservations SET created_at = now() - interval '1 hour' WHERE message_id = $1`, [
    id,
  ])
  expect(await budget.settleAbandoned()).toBe(1)
  await expect(reserve()).rejects.toThrow(BudgetExceededError)
})
