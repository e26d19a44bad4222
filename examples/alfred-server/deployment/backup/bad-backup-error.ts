/** A backup that cannot be restored, whoever tries: retention counts it no more. */
export class BadBackupError extends Error {
  override readonly name = 'BadBackupError'
}
