import {
  createGuardedFunction,
  type Logger,
  type Middleware,
  readIdentity,
  requestContext,
} from '@alfred/core'
import type { AlfredConfig } from '../config/alfred-config.ts'

/**
 * Puts `identify`'s answer on the request, where limits per user find it. Whom it cannot tell is nobody: a required
 * key is then asked for, and limits per user count the address.
 */
export function createIdentification(
  identify: NonNullable<AlfredConfig['identify']>,
  logger: Logger,
): Middleware {
  const idOf = createGuardedFunction({
    name: 'identify',
    call: identify,
    read: (answer) => readIdentity('identify', answer),
    fallback: undefined,
    consequence: 'the request counts as anonymous',
    logger,
  })
  return (request, _response, next) => {
    const id = idOf(request)
    if (id !== undefined) {
      const context = requestContext(request)
      // Whom an API key names stays who asks.
      if (context.identity?.kind !== 'api-key') context.identity = { kind: 'user', id }
    }
    next()
  }
}
