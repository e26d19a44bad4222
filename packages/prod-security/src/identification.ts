import { type Middleware, requestContext } from '@alfred/core'
import type { AlfredConfig } from './alfred-config.ts'

/** Puts `identify`'s answer on the request, where limits per user find it. */
export const createIdentification =
  (identify: NonNullable<AlfredConfig['identify']>): Middleware =>
  (request, _response, next) => {
    const id = identify(request)
    if (id !== undefined) requestContext(request).identity = { kind: 'user', id }
    next()
  }
