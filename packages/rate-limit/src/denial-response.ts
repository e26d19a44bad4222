import type { Clock, Problem } from '@alfred/core'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Outcome } from './admission.ts'
import { quotaExceeded, reducedCapacity } from './quota-problems.ts'
import { sendRefusal } from './refusal.ts'

const problems: Readonly<Record<'quota' | 'store', Problem>> = {
  quota: quotaExceeded,
  store: reducedCapacity,
}

/** Ends the response to a request that was not admitted. */
export function sendDenial(
  request: IncomingMessage,
  response: ServerResponse,
  { reason, violated }: Outcome,
  retryAfterSeconds: number,
  clock: Clock,
): void {
  const extensions = { 'violated-policies': violated.map(({ name }) => name) }
  const problem = { ...problems[reason ?? 'quota'], extensions }
  sendRefusal(request, response, problem, retryAfterSeconds, clock)
}
