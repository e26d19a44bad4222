/** What the service says of itself to authorised callers; the draft's root members. */
export interface ServiceIdentity {
  /** The API's public version. */
  readonly version?: string | undefined
  /** The release or commit that runs. */
  readonly releaseId?: string | undefined
  readonly serviceId?: string | undefined
  readonly description?: string | undefined
}
