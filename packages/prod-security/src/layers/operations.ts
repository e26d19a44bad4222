import type { KeyVault } from '@alfred/key-vault'
import { createOperationsMetrics, type Metrics } from '@alfred/metrics'
import type { LayerContext } from './layer-definition.ts'
import type { BuiltLayers } from './layer-types.ts'

type PathTest = (path: string) => boolean

/** Says of a path whether a probe answers there, so that the layers do not count it. */
export function ignoresProbes({ health }: Partial<BuiltLayers>): PathTest {
  const paths = new Set(health?.paths.flatMap((path) => [path, path.toLowerCase()]))
  return (path) => paths.has(path)
}

/** As {@link ignoresProbes}, and says yes to the path of the metrics. */
export function ignoresProbesAndMetrics(built: Partial<BuiltLayers>): PathTest {
  const isProbe = ignoresProbes(built)
  const { metrics } = built
  return (path) => isProbe(path) || metrics?.path === path
}

const keyReadings = (vault: KeyVault) =>
  Object.entries(vault.report()).map(([provider, { lastRotated, nextRotation, validity }]) => ({
    provider,
    rotatedAt: lastRotated,
    rotationDueAt: nextRotation,
    valid: validity === 'valid' || validity === 'invalid' ? validity === 'valid' : undefined,
  }))

/** Measures the readiness of the server and the age of its keys. */
export function watchOperations(metrics: Metrics, { built, isReady }: LayerContext): void {
  const operations = createOperationsMetrics(metrics)
  const { health, vault } = built
  if (health) operations.watchReadiness(() => health.snapshot().readiness !== 'fail')
  if (vault) operations.watchKeys(() => (isReady() ? keyReadings(vault) : []))
}
