import { hostname } from 'node:os'
import { option } from '@alfred/core'

/** Who reports. */
export interface ReporterIdentity {
  /** @default 'alfred' */
  readonly service?: string | undefined
  /** Such as `production`. @default none */
  readonly environment?: string | undefined
  /** The version that runs. @default none */
  readonly release?: string | undefined
  /** @default the host's name */
  readonly instance?: string | undefined
}

export interface ResolvedIdentity {
  readonly service: string
  readonly environment: string | undefined
  readonly release: string | undefined
  readonly instance: string
}

const name = option.string({ pattern: /^[\w.:/@+-]{1,200}$/, hint: 'letters, digits and . _ : / @ + -' })

export const identityRules = { service: name, environment: name, release: name, instance: name }

export const resolveIdentity = ({
  service = 'alfred',
  environment,
  release,
  instance = hostname(),
}: ReporterIdentity): ResolvedIdentity => ({ service, environment, release, instance })
