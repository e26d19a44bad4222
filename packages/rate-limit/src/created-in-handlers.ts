import type { Logger } from '@alfred/core'

/** Deep enough to see the server below any framework. */
const maxFrames = 200
const serverFrames = /\((?:node:_http_server|node:internal\/http2\/)/

let created = 0
let isLogged = false

/**
 * Warns of limiters that are created while a request is handled. Each counts for itself, so created for each request they
 * limit nothing. The first may be one that an application creates late and keeps; after an `await` nobody sees it.
 */
export function noteCreation(logger: Logger): void {
  if (isLogged || !isWithinRequest()) return
  created += 1
  if (created < 2) return
  isLogged = true
  logger.warn(
    {},
    'a rate limiter is created while a request is handled: it knows of no other request. Create it once, when the server starts.',
  )
}

function isWithinRequest(): boolean {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = maxFrames
  const { stack = '' } = new Error('where is this called from?')
  Error.stackTraceLimit = stackTraceLimit
  return serverFrames.test(stack)
}
