import type { Endpoint } from '@alfred/core'
import type { HealthPaths } from './health-middleware.ts'

const defaultPaths = {
  liveness: '/livez',
  readiness: '/readyz',
  startup: '/startupz',
  health: '/healthz',
} as const satisfies HealthPaths

const probes = ['liveness', 'readiness', 'startup', 'health'] as const

/** The path of each probe. */
export type ResolvedHealthPaths = Readonly<Record<(typeof probes)[number], string | false>>

/** Fills in the defaults. */
export const resolveHealthPaths = (paths: HealthPaths = {}): ResolvedHealthPaths => ({
  liveness: paths.liveness ?? defaultPaths.liveness,
  readiness: paths.readiness ?? defaultPaths.readiness,
  startup: paths.startup ?? defaultPaths.startup,
  health: paths.health ?? defaultPaths.health,
})

/** What decides where the registry answers. */
interface EndpointOptions {
  readonly paths?: HealthPaths | undefined
  readonly statusPage?: { readonly path: string } | false | undefined
}

/** Where the probes and the status page answer, by the options that say so. */
export function healthEndpoints({ paths = {}, statusPage }: EndpointOptions): readonly Endpoint[] {
  const resolved = resolveHealthPaths(paths)
  const endpoints = probes.flatMap((probe): Endpoint[] => {
    const path = resolved[probe]
    if (path === false) return []
    return [{ option: `health.paths.${probe}`, path, isDefault: paths[probe] === undefined }]
  })
  if (!statusPage) return endpoints
  const option = 'health.statusPage.path'
  return [
    ...endpoints,
    { option, path: statusPage.path, isDefault: false },
    { option: `${option}/events`, path: `${statusPage.path}/events`, isDefault: false },
  ]
}
