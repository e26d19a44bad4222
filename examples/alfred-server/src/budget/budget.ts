import type { Database, Query } from '../database/database.ts'
import type { Owner } from '../owners/owners.ts'
import {
  maxAnswerTokens,
  type ProviderName,
  systemPrompt,
  type TokenUsage,
  type Turn,
} from '../providers/chat-provider.ts'
import { costMicros } from './prices.ts'

/** What an owner may spend; `undefined` bounds nothing. */
export interface BudgetLimits {
  readonly tokensPerDay: number
  readonly tokensPerMonth: number | undefined
  readonly microsPerDay: number | undefined
  readonly microsPerMonth: number | undefined
}

/** Thrown when a question does not fit into what is left. */
export class BudgetExceededError extends Error {
  override readonly name = 'BudgetExceededError'
  /** When the next period begins. */
  readonly retryAfterSeconds: number

  constructor(retryAfterSeconds: number) {
    super('the budget does not cover the longest possible answer')
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** What is left of today's tokens. */
export interface BudgetLeft {
  readonly limit: number
  readonly remaining: number
  readonly resetSeconds: number
}

/** Who may answer. */
export interface Payee {
  readonly provider: ProviderName
  readonly model: string
}

/** What one owner used on one day of one model. */
export interface UsageRow {
  readonly day: string
  readonly provider: string
  readonly model: string
  readonly answers: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly dollars: number
}

/** A budget that is never exceeded: the most that an answer can cost is reserved before anybody is asked. */
export interface Budget {
  /**
   * Reserves the longest answer to `turns`, inside the transaction that stores the question.
   *
   * @throws {@link BudgetExceededError}
   */
  reserve(
    query: Query,
    by: { readonly owner: Owner; readonly payer: string },
    messageId: string,
    turns: readonly Turn[],
  ): Promise<BudgetLeft>
  /** Counts what an answer did cost instead of what was reserved for it. A second call does nothing. */
  settle(messageId: string, answerer: Payee | undefined, usage: TokenUsage): Promise<void>
  /** Settles the answers that were never settled: they cost what was reserved. @returns how many */
  settleAbandoned(): Promise<number>
  usage(owner: Owner, since: string): Promise<readonly UsageRow[]>
}

const dayMs = 86_400_000

/** More than the marks around a message take. */
const tokensPerTurn = 16

/** A token is one byte at least, so that no text has more tokens than bytes. */
const maxTokensOf = (text: string): number => Buffer.byteLength(text) + tokensPerTurn

interface Period {
  readonly period: string
  readonly tokens: number
  readonly micros: number
}

interface Reservation {
  readonly owner: Owner
  readonly payer: string
  readonly day: string
  readonly month: string
  readonly tokens: number
  readonly micros: number
}

const columns = 'owner, payer, day, month, tokens::float8 AS tokens, micros::float8 AS micros'

/** Builds the budget. @param payees - whose answers are paid; the dearest of them is reserved for */
export function createBudget(
  { query: plainQuery, transaction }: Pick<Database, 'query' | 'transaction'>,
  limits: BudgetLimits,
  payees: readonly Payee[],
  now: () => number = Date.now,
): Budget {
  const today = (): string => new Date(now()).toISOString().slice(0, 10)

  const fits = ({ period, tokens, micros }: Period): boolean => {
    const isDay = period.length === 10
    const maxTokens = (isDay ? limits.tokensPerDay : limits.tokensPerMonth) ?? Infinity
    const maxMicros = (isDay ? limits.microsPerDay : limits.microsPerMonth) ?? Infinity
    return tokens <= maxTokens && micros <= maxMicros
  }

  const secondsToNext = (isMonth: boolean): number => {
    const date = new Date(now())
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
    const next = isMonth ? Date.UTC(year, month + 1) : Math.ceil((now() + 1) / dayMs) * dayMs
    return Math.max(1, Math.ceil((next - now()) / 1000))
  }

  /** Adds to both periods of a payer, in an order that keeps two transactions from waiting for each other. */
  const add = (
    query: Query,
    { payer, day, month, tokens, micros }: Omit<Reservation, 'owner'>,
  ): Promise<Period[]> =>
    query<Period>(
      `INSERT INTO budget_periods (payer, period, tokens, micros) VALUES ($1, $2, $4, $5), ($1, $3, $4, $5)
       ON CONFLICT (payer, period) DO UPDATE SET
         tokens = budget_periods.tokens + excluded.tokens, micros = budget_periods.micros + excluded.micros
       RETURNING period, tokens::float8 AS tokens, micros::float8 AS micros`,
      [payer, month, day, tokens, micros],
    )

  return {
    async reserve(query, { owner, payer }, messageId, turns) {
      const day = today()
      const inputTokens = turns.reduce(
        (sum, { content }) => sum + maxTokensOf(content),
        maxTokensOf(systemPrompt),
      )
      const max = { inputTokens, outputTokens: maxAnswerTokens }
      const reservation = {
        payer,
        day,
        month: day.slice(0, 7),
        tokens: inputTokens + maxAnswerTokens,
        micros: Math.max(...payees.map((payee) => costMicros(payee, max, day))),
      }
      const periods = await add(query, reservation)
      const full = periods.find((period) => !fits(period))
      // The transaction takes the reservation back.
      if (full) throw new BudgetExceededError(secondsToNext(full.period.length < 10))
      await query(
        `INSERT INTO reservations (message_id, owner, payer, day, month, tokens, micros) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [messageId, owner, payer, day, reservation.month, reservation.tokens, reservation.micros],
      )
      const spent = periods.find(({ period }) => period === day)?.tokens ?? 0
      const limit = limits.tokensPerDay
      return { limit, remaining: limit - spent, resetSeconds: secondsToNext(false) }
    },

    settle: (messageId, answerer, used) =>
      transaction(async (query) => {
        const [reserved] = await query<Reservation>(
          `DELETE FROM reservations WHERE message_id = $1 RETURNING ${columns}`,
          [messageId],
        )
        if (!reserved) return
        const { owner, payer, day, month } = reserved
        const micros = answerer ? costMicros(answerer, used, day) : 0
        const tokens = used.inputTokens + used.outputTokens - reserved.tokens
        await add(query, { payer, day, month, tokens, micros: micros - reserved.micros })
        if (!answerer) return
        await query(
          `INSERT INTO usage (day, owner, provider, model, answers, input_tokens, output_tokens, micros)
           VALUES ($1, $2, $3, $4, 1, $5, $6, $7)
           ON CONFLICT (owner, day, provider, model) DO UPDATE SET
             answers = usage.answers + 1, input_tokens = usage.input_tokens + excluded.input_tokens,
             output_tokens = usage.output_tokens + excluded.output_tokens, micros = usage.micros + excluded.micros`,
          [day, owner, answerer.provider, answerer.model, used.inputTokens, used.outputTokens, micros],
        )
      }),

    async settleAbandoned() {
      // Nobody knows what the provider has counted: the reservation stays spent.
      const rows = await plainQuery(
        `DELETE FROM reservations WHERE created_at < now() - interval '1 minute' AND NOT EXISTS (
           SELECT 1 FROM messages WHERE id = message_id AND (
             state IN ('pending', 'streaming') OR saved_at > now() - interval '2 minutes'))
         RETURNING message_id`,
      )
      return rows.length
    },

    usage: (owner, since) =>
      plainQuery<UsageRow>(
        `SELECT day, provider, model, answers::float8 AS answers, input_tokens::float8 AS "inputTokens",
                output_tokens::float8 AS "outputTokens", micros / 1000000.0::float8 AS dollars
           FROM usage WHERE owner = $1 AND day >= $2 ORDER BY day DESC, provider, model LIMIT 1000`,
        [owner, since],
      ),
  }
}
