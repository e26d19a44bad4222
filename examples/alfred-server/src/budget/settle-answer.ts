import type { GenerationReport } from '../answers/generation.ts'
import { spentTokens } from '../chat/token-budget.ts'
import type { TokenUsage } from '../providers/chat-provider.ts'
import type { Budget } from './budget.ts'

/** Accounts for an answer that has ended, however it ended. */
export type SettleAnswer = (tenant: string, report: GenerationReport) => Promise<void>

/** Counts what answers cost, in the budget and by tenant in the metrics. */
export const createSettleAnswer =
  (budget: Pick<Budget, 'settle'>, record: (tenant: string, usage: TokenUsage) => void): SettleAnswer =>
  async (tenant, report) => {
    const { turn, provider, model } = report
    const used = spentTokens(report)
    record(tenant, used)
    const answerer = provider === undefined || model === undefined ? undefined : { provider, model }
    await budget.settle(turn.messageId, answerer, used)
  }
