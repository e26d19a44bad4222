import { startPostgres } from '@alfred/testkit'
import { BudgetExceededError, createBudget } from '../../../../examples/alfred-server/src/budget/budget.ts'
import {
  createDatabase,
  type Database,
  DatabaseUnavailableError,
} from '../../../../examples/alfred-server/src/database/database.ts'
import { openPostgresDatabase } from '../../../../examples/alfred-server/src/database/postgres-database.ts'
import { projectFolder } from '../../../../examples/alfred-server/src/project-folder.ts'
import { postgresSettings } from '../../../../examples/alfred-server/test/postgres-settings.ts'

export interface BudgetFigures extends Readonly<Record<string, unknown>> {
  readonly budget: number
  /** What the provider counted. */
  readonly billed: number
  readonly overspent: number
  /** Billed of the budget, in percent. */
  readonly usedPercent: number
  readonly answers: number
  /** Answers whose makers died before they settled. */
  readonly crashed: number
}

const parallel = 64
const budgetTokens = Number(process.env['ALFRED_VERIFY_BUDGET_TOKENS'] ?? 5_000_000)
const answerTokens = 4096
const turns = [{ role: 'user', content: 'Why?' }] as const
const payee = { provider: 'openai', model: 'gpt-5-mini' } as const

const ignore = (): void => undefined
const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }

/** Spends a budget from two instances, 64 questions at a time each, of which every twentieth is never settled. */
export async function verifyBudget(): Promise<BudgetFigures> {
  await using postgres = await startPostgres()
  const owner = crypto.randomUUID()
  const limits = {
    tokensPerDay: budgetTokens,
    tokensPerMonth: undefined,
    microsPerDay: undefined,
    microsPerMonth: undefined,
  }
  let billed = 0
  let answers = 0
  let crashed = 0

  const askOn = async (database: Database): Promise<boolean> => {
    const budget = createBudget(database, limits, [payee])
    const id = crypto.randomUUID()
    try {
      await database.transaction((query) => budget.reserve(query, { owner, payer: owner }, id, turns))
    } catch (error) {
      if (error instanceof BudgetExceededError) return false
      // Too many at once for the database: the client is told to try again, and does in the next round.
      if (error instanceof DatabaseUnavailableError) return true
      throw error
    }
    answers += 1
    const usage = { inputTokens: 40, outputTokens: Math.ceil(Math.random() * answerTokens) }
    billed += usage.inputTokens + usage.outputTokens
    if (answers % 20 === 0) crashed += 1
    else await budget.settle(id, payee, usage).catch(() => (crashed += 1))
    return true
  }

  const open = async (): Promise<Database> => {
    const driver = openPostgresDatabase(postgresSettings(postgres.url))
    const database = createDatabase({ driver, folder: projectFolder, logger })
    await database.start()
    return database
  }
  await using first = await open()
  await using second = await open()
  for (let admitted = true; admitted;) {
    const asking = Array.from({ length: parallel * 2 }, (_, n) => askOn(n % 2 === 0 ? first : second))
    admitted = (await Promise.all(asking)).some(Boolean)
  }
  return {
    budget: budgetTokens,
    billed,
    overspent: Math.max(0, billed - budgetTokens),
    usedPercent: Math.round((billed / budgetTokens) * 1000) / 10,
    answers,
    crashed,
  }
}
