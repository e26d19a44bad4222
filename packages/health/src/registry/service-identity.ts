import { type GivenObject, option } from '@alfred/core'

/** The rules of the options that say what the service is. */
export const identityRules = {
  /** The API's public version. */
  version: option.string().optional(),
  /** The release or commit that runs. */
  releaseId: option.string().optional(),
  /** What tells this instance or service apart. */
  serviceId: option.string().optional(),
  /** What the service is for, in a few words. */
  description: option.string().optional(),
} as const

/** What the service says of itself to authorised callers; the draft's root members. */
export interface ServiceIdentity extends GivenObject<typeof identityRules> {}
