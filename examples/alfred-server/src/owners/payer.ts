import type { IncomingMessage } from 'node:http'
import { addressGroup, requestContext } from '@alfred/core'
import type { Owner } from './owners.ts'

/**
 * Whose budget an answer is taken from. A guest who drops the cookie is another guest at once, so guests of one address
 * (of one /64 with IPv6) share a budget.
 */
export function payerOf(request: IncomingMessage, owner: Owner): string {
  const { clientAddress } = requestContext(request)
  if (clientAddress === undefined || !owner.startsWith('guest:')) return owner
  return `address:${addressGroup(clientAddress)}`
}
