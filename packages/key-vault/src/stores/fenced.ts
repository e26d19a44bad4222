import { AlfredError } from '@alfred/core'

/** What a store answers to a write under a lease that another holds by now. */
export const fenced = (): AlfredError =>
  new AlfredError('ALFRED_VAULT_FENCED', 'Another process holds the lease now. Nothing was written.', {})
