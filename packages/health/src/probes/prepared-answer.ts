import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HealthStatus } from '../checks/check.ts'

/** A response made ahead of the requests for it. */
export interface PreparedAnswer {
  readonly statusCode: 200 | 503
  readonly headers: Readonly<Record<string, string | number>>
  readonly body: Buffer
}

/** `warn` must answer 2xx or 3xx and `fail` 4xx or 5xx (draft-inadarei-api-health-check-06, section 3.1). */
export function prepareAnswer(status: HealthStatus, document: string): PreparedAnswer {
  const body = Buffer.from(document)
  return {
    statusCode: status === 'fail' ? 503 : 200,
    headers: Object.freeze({
      'Content-Type': 'application/health+json',
      'Content-Length': body.byteLength,
      'Cache-Control': 'no-store',
    }),
    body,
  }
}

export function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: PreparedAnswer): void {
  response.writeHead(answer.statusCode, answer.headers)
  if (request.method === 'HEAD') response.end()
  else response.end(answer.body)
}
