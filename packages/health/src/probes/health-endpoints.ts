import {
  type Endpoint,
  endpointPathRule,
  type MemberRule,
  option,
  type Options,
  type Resolved,
} from '@alfred/core'
import { healthPathPeers } from './health-path-peers.ts'

const path = option.custom<string | false>((value, report) => {
  if (value === false) return value
  if (typeof value === 'string') return endpointPathRule(value, report)
  report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a path that begins with / or false.')
  return undefined
})

const defaultPaths = {
  liveness: '/livez',
  readiness: '/readyz',
  startup: '/startupz',
  health: '/healthz',
} as const

const pathsShape = option.object(
  {
    /** @default '/livez' */
    liveness: path.default(defaultPaths.liveness),
    /** @default '/readyz' */
    readiness: path.default(defaultPaths.readiness),
    /** @default '/startupz' */
    startup: path.default(defaultPaths.startup),
    /** @default '/healthz' */
    health: path.default(defaultPaths.health),
  },
  { peers: healthPathPeers },
)

/** Where the probes answer; `false` leaves one out. */
export interface HealthPaths extends Options<typeof pathsShape> {}

/** The path of each probe. */
export type ResolvedHealthPaths = Resolved<typeof pathsShape>

/** The rule for the paths of the probes. */
export const healthPathsRule: MemberRule<ResolvedHealthPaths, HealthPaths, 'defaulted'> =
  pathsShape.orDefaults()

const probes = ['liveness', 'readiness', 'startup', 'health'] as const

/** What decides where the registry answers. */
interface EndpointOptions {
  readonly paths: ResolvedHealthPaths
  readonly statusPage: { readonly path: string } | false
}

/** Where the probes and the status page answer, by the options that say so. */
export function healthEndpoints({ paths, statusPage }: EndpointOptions): readonly Endpoint[] {
  const endpoints = probes.flatMap((probe): Endpoint[] => {
    const path = paths[probe]
    if (path === false) return []
    return [{ option: `health.paths.${probe}`, path, isDefault: path === defaultPaths[probe] }]
  })
  if (!statusPage) return endpoints
  const option = 'health.statusPage.path'
  return [
    ...endpoints,
    { option, path: statusPage.path, isDefault: false },
    { option: `${option}/events`, path: `${statusPage.path}/events`, isDefault: false },
  ]
}
