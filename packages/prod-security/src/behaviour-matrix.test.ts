import { describe, expect, it } from 'vitest'
import { expectedAnswer } from '../test/behaviour/expected-answer.ts'
import { requestKinds, type RequestKind } from '../test/behaviour/matrix-requests.ts'
import { createKey, type LayerName, layerNames, startStack } from '../test/behaviour/matrix-stack.ts'
import { ask } from '../test/support/ask.ts'
import { type HostName, hostNames } from '../test/support/hosts.ts'

/** Nothing, all, every layer alone and left out, every pair alone: each pair in all four states, by itself and among the others. */
function layerSets(): ReadonlySet<LayerName>[] {
  const without = (left?: LayerName): LayerName[] => layerNames.filter((name) => name !== left)
  const pairs = layerNames.flatMap((one, place) => layerNames.slice(place + 1).map((other) => [one, other]))
  return [[], without(), ...layerNames.map((name) => [name]), ...layerNames.map(without), ...pairs].map(
    (chosen) => new Set(chosen),
  )
}

const sets = layerSets()
const key = await createKey()
const kinds = Object.entries(requestKinds(key)) as [
  RequestKind,
  ReturnType<typeof requestKinds>[RequestKind],
][]

const typeOf = (contentType: string | undefined, body: string): unknown =>
  contentType === 'application/problem+json' ? (JSON.parse(body) as { type?: unknown }).type : undefined

/** Asks everything of one stack. @returns what is other than expected */
async function differences(host: HostName, on: ReadonlySet<LayerName>): Promise<string[]> {
  const found: string[] = []
  const differs = (kind: string, what: string, expected: unknown, got: unknown): void => {
    if (expected !== got)
      found.push(
        `${[...on].join('+') || 'nothing'}: ${kind}: ${what} is ${String(got)}, not ${String(expected)}`,
      )
  }
  const stack = await startStack(host, on)
  const counted: Record<string, number> = {}
  const count = (status: number): void => void (counted[String(status)] = (counted[String(status)] ?? 0) + 1)
  try {
    for (const [kind, asked] of kinds) {
      const { status, headers, body } = await ask(stack.port, asked)
      const expected = expectedAnswer(kind, asked, on, host)
      if (!['request target', 'health', 'metrics'].includes(expected.by)) count(expected.status)
      differs(kind, 'status', expected.status, status)
      differs(kind, 'type', expected.type, typeOf(headers['content-type'], body))
      for (const [name, isThere] of Object.entries(expected.fields)) {
        differs(kind, name, isThere, headers[name] !== undefined)
      }
    }
    // While one request is under way the next is one too many; the probe is never.
    const slow = ask(stack.port, { path: '/slow' })
    await stack.waiting()
    const shed = on.has('loadShedding')
    const page = await ask(stack.port, { path: '/page' })
    differs('page, overloaded', 'status', shed ? 503 : 200, page.status)
    differs('page, overloaded', 'retry-after', shed, page.headers['retry-after'] !== undefined)
    differs(
      'page, overloaded',
      'ratelimit-policy',
      !shed && on.has('rateLimit'),
      page.headers['ratelimit-policy'] !== undefined,
    )
    const probe = await ask(stack.port, { path: '/livez' })
    differs('probe, overloaded', 'status', on.has('health') ? 200 : shed ? 503 : 404, probe.status)
    stack.release()
    differs('slow', 'status', 200, (await slow).status)
    for (const { status } of [page, ...(on.has('health') ? [] : [probe])]) count(status)
    count(200)
    if (on.has('metrics')) {
      const metrics = await stack.counted()
      for (const status of new Set([...Object.keys(counted), ...Object.keys(metrics)]))
        differs('metrics', `the count of ${status}`, counted[status] ?? 0, metrics[status] ?? 0)
    }
  } finally {
    await stack.close()
  }
  return found
}

describe.each(hostNames)('on %s', (host) => {
  it(`the right one answers, with ${String(sets.length)} sets of layers and ${String(kinds.length)} kinds of requests`, async () => {
    const found: string[] = []
    for (const on of sets) found.push(...(await differences(host, on)))
    expect(found).toEqual([])
  }, 60_000)
})

it('notices a layer that is not where it should be', () => {
  const asked = requestKinds(key)['cross-site POST']
  const by = (...on: LayerName[]): string =>
    expectedAnswer('cross-site POST', asked, new Set(on), 'node:http').by
  expect([by(), by('clientKeys'), by('csrf'), by('clientKeys', 'csrf')]).toEqual([
    'route',
    'clientKeys',
    'csrf',
    'csrf',
  ])
})
