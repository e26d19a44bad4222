import { hostname } from 'node:os'
import { type GivenObject, option, type ReadObject } from '@alfred/core'

const name = option.string({ pattern: /^[\w.:/@+-]{1,200}$/, hint: 'letters, digits and . _ : / @ + -' })

/** The rules of the options that say who reports. */
export const identityRules = {
  /** The name of what reports. @default 'alfred' */
  service: name.default('alfred'),
  /** Such as `production`. @default none */
  environment: name.optional(),
  /** The version that runs. @default none */
  release: name.optional(),
  /** Tells instances apart. @default the host's name */
  instance: name.default(hostname()),
} as const

/** Who reports. */
export interface ReporterIdentity extends GivenObject<typeof identityRules> {}

export type ResolvedIdentity = ReadObject<typeof identityRules>
