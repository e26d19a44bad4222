import { type Problem, sendProblem } from '@alfred/core'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Outcome } from './admission.ts'

/** The problem types of draft-ietf-httpapi-ratelimit-headers-11, section 5. */
const registry = 'https://iana.org/assignments/http-problem-types'

const problems: Readonly<Record<'quota' | 'store', Problem>> = {
  quota: {
    type: `${registry}#quota-exceeded`,
    status: 429,
    title: 'Request cannot be satisfied as assigned quota has been exceeded',
  },
  store: {
    type: `${registry}#temporary-reduced-capacity`,
    status: 503,
    title: 'Request cannot be satisfied due to temporary server capacity constraints',
  },
}

/** Ends the response to a request that was not admitted. */
export function sendDenial(
  request: IncomingMessage,
  response: ServerResponse,
  { reason, retryAfterMs, violated }: Outcome,
): void {
  response.setHeader('Retry-After', Math.max(1, Math.ceil(retryAfterMs / 1000)))
  const extensions = { 'violated-policies': violated.map(({ name }) => name) }
  sendProblem(request, response, { ...problems[reason ?? 'quota'], extensions })
}
