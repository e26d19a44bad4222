import { AlfredError } from '@alfred/core'

const tampered = (message: string): AlfredError =>
  new AlfredError('ALFRED_VAULT_TAMPERED', message, { target: 'audit-trail' })

/** The error of a trail whose entries do not follow each other as they were written. */
export const tamperedTrail = (): AlfredError =>
  tampered('The audit trail was changed by something other than the vault.')

/** The error of a trail that has something else than an entry in it. */
export const damagedTrail = (): AlfredError => tampered('The audit trail is damaged.')

/** The error of a trail that had more entries before. */
export const shortenedTrail = (): AlfredError => tampered('The audit trail has become shorter.')
