import { createHtmlSanitizer } from '@alfred/input-validation'
import { startRedis } from '@alfred/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { layerCombinations } from '../../src/traces/layer-combinations.ts'
import { type RecordedSpans, recordSpans } from '../../src/traces/recorded-spans.ts'
import { requestKinds } from '../../src/traces/request-kinds.ts'
import { runCombination, runControl } from '../../src/traces/trace-matrix.ts'
import { type TracedHost, tracedHosts } from '../../src/traces/traced-hosts.ts'

const hosts = Object.keys(tracedHosts) as TracedHost[]
const redis = await startRedis()
const sanitizer = createHtmlSanitizer()
let spans: RecordedSpans

beforeAll(() => {
  spans = recordSpans()
})
afterAll(async () => {
  spans[Symbol.dispose]()
  await sanitizer.close()
  await redis.stop()
})

/** Each layer that requests wait for by itself, and all of them together; `pnpm verify traces` takes every combination. */
const chosen = new Set([
  'no limits, body guard',
  'no limits, client keys',
  'no limits, CORS',
  'limits in Redis',
  'limits in Redis, client keys, CORS, body guard',
])
const combinations = layerCombinations(redis.url).filter(({ name }) => chosen.has(name))

it('knows the combinations that it names', () => {
  expect(combinations).toHaveLength(chosen.size)
})

it.each(
  hosts.flatMap((host) => combinations.map((combination) => [host, combination.name, combination] as const)),
)('on %s with %s every span of a handler is a child of the server span', async (host, _name, combination) => {
  const figures = await runCombination(host, combination, spans, sanitizer)
  expect(figures).toMatchObject({ requests: 2 * requestKinds.length, orphans: 0, doubled: 0 })
  expect(figures.children).toBeGreaterThanOrEqual(8 * figures.requests)
})

it.each(hosts)(
  'on %s a body reader without care for the context leaves orphans, which are counted',
  async (host) => {
    const { orphans } = await runControl(host, spans)
    expect(orphans).toBeGreaterThan(requestKinds.length)
  },
)
