import { AlfredError } from '@alfred/core'

/** What a change rejects with that lost against other writers every time. */
export const gaveUp = (attempts: number): AlfredError =>
  new AlfredError(
    'ALFRED_VAULT_CONFLICT',
    `Gave up after ${String(attempts)} attempts: other processes kept writing first. Retry.`,
  )
