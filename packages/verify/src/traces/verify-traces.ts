import { createHtmlSanitizer } from '@alfred/input-validation'
import { alfredHardening } from '@alfred/prod-security'
import { startRedis } from '@alfred/testkit'
import { layerCombinations } from './layer-combinations.ts'
import { recordSpans } from './recorded-spans.ts'
import { addFigures, runCombination, runControl } from './trace-matrix.ts'
import { type TracedHost, tracedHosts } from './traced-hosts.ts'
import { createTracedService, runW3CCases } from './w3c-client.ts'
import { runExampleRoutes } from './example-routes.ts'

const minW3CPassed = 36

const hosts = Object.keys(tracedHosts) as TracedHost[]

/** Every verb, body and combination of layers on every host, the example's routes, and the cases of the W3C suite. */
export async function verifyTraces(): Promise<Readonly<Record<string, unknown>>> {
  using spans = recordSpans()
  await using redis = await startRedis()
  await using sanitizer = createHtmlSanitizer()
  let figures = await runExampleRoutes(spans)
  for (const combination of layerCombinations(redis.url)) {
    for (const host of hosts) {
      figures = addFigures(figures, await runCombination(host, combination, spans, sanitizer))
    }
    console.error(
      `${combination.name}: ${String(figures.requests)} requests, ${String(figures.orphans)} orphans`,
    )
  }
  // A body reader without care for the context: 0 would mean that orphans are not seen.
  let controlOrphans = 0
  for (const host of hosts) controlOrphans += (await runControl(host, spans)).orphans
  await using guard = alfredHardening({ rateLimit: false })
  const w3c = await runW3CCases(createTracedService(guard))
  const isWell =
    figures.orphans === 0 && figures.doubled === 0 && controlOrphans > 0 && w3c.w3cPassed >= minW3CPassed
  if (!isWell) process.exitCode = 1
  return { ...figures, ...w3c, controlOrphans }
}
