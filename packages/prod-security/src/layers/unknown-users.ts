import type { Logger } from '@alfred/core'
import type { RequestedLayers } from './layer-definition.ts'

/** Logs where limits per user are asked for, and nothing says who the user is: they count addresses. */
export function warnOfUnknownUsers(
  { rateLimit, clientKeys }: RequestedLayers,
  knowsUsers: boolean,
  logger: Logger,
): void {
  if (!rateLimit || knowsUsers || clientKeys) return
  const policies = (rateLimit.policies ?? []).filter(({ key }) => key === 'user').map(({ name }) => name)
  if (policies.length === 0) return
  logger.warn(
    { policies },
    "policies with key 'user' count addresses: nobody is known without identify or clientKeys",
  )
}
