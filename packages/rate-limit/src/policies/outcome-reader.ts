import { createGuardedFunction, type Logger, readBoolean } from '@alfred/core'
import type { ServerResponse } from 'node:http'
import type { ResolvedPolicy } from './policy.ts'

/** Whether a request stays counted, by its response. */
export type OutcomeReader = (response: ServerResponse) => boolean

/** Builds the reader of one policy; `undefined` for a policy that counts every request. */
export function createOutcomeReader(
  { name, countWhen }: Pick<ResolvedPolicy, 'name' | 'countWhen'>,
  logger: Logger,
): OutcomeReader | undefined {
  if (countWhen === 'failure') return ({ statusCode }) => statusCode >= 400
  if (countWhen === 'success') return ({ statusCode }) => statusCode < 400
  if (countWhen === undefined) return undefined
  const option = `rateLimit.policies[${name}].countWhen`
  return createGuardedFunction<[ServerResponse], boolean>({
    name: option,
    call: countWhen,
    read: (answer) => readBoolean(option, answer),
    fallback: true,
    consequence: 'the request stays counted',
    logger,
  })
}
