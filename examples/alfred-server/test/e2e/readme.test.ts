import { freePort, startPostgres, waitFor } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { linkClone, runBlock, shellBlocks } from './readme-blocks.ts'

const files = ['README.md', 'examples/alfred-server/README.md']
const blocks = files.flatMap(shellBlocks)

const blockWith = (text: string): string => {
  const found = blocks.find((block) => block.includes(text))
  if (found === undefined) throw new Error(`no block has ${text}`)
  return found
}

/** What is not run here, and why. */
const notRun: readonly (readonly [text: string, why: string])[] = [
  ['npx -y pnpm@12 test', 'runs this test'],
  ['docker compose up', 'needs a container engine: pnpm verify container'],
  ['docker compose exec', 'needs a container engine: pnpm verify container'],
  ['verify load', 'takes minutes: its short form is an integration test'],
]

const run = {
  first: "curl http://127.0.0.1:3000/api/alfred/chat -H 'Content-Type: application/json' -d '{\"message\"",
  events: 'curl -N',
  mistake: '"mesage"',
  migrate: 'pnpm@12 migrate',
  startWithKeys: 'CLIENT_API_KEYS=required npx',
  makeKey: 'client-keys create --name',
} as const

it('runs every block, or says why not', () => {
  const known = [...notRun.map(([text]) => text), ...Object.values(run)]
  expect(blocks.filter((block) => !known.some((text) => block.includes(text)))).toEqual([])
  for (const text of known) expect(blockWith(text)).toBeDefined()
})

const untilReady = (port: number): Promise<unknown> =>
  waitFor(async () => (await fetch(`http://127.0.0.1:${String(port)}/readyz`)).ok, {
    timeoutMs: 90_000,
    what: 'readiness',
  })

it('starts, answers, streams, and says what is wrong with a question', async () => {
  using clone = linkClone()
  const port = await freePort()
  const [start = '', ...rest] = blockWith(run.first).split('\n')
  await using _server = runBlock(start, clone, port)
  await untilReady(port)
  const printed = async (block: string): Promise<string> => (await runBlock(block, clone, port).done).output
  expect(await printed(rest.join('\n'))).toContain('"content":"This is a demo answer')
  expect(await printed(blockWith(run.events))).toMatch(/event: start\n.*event: token\n.*event: done\n/s)
  expect(await printed(blockWith(run.mistake))).toContain('"pointer":"/body/message","code":"required"')
})

it('makes a key for a server that asks for one', async () => {
  using clone = linkClone()
  const port = await freePort()
  await using _server = runBlock(blockWith(run.startWithKeys), clone, port)
  await untilReady(port)
  const { code, output } = await runBlock(blockWith(run.makeKey), clone, port).done
  expect(output).toContain('"content":"This is a demo answer')
  expect(code).toBe(0)
})

it('migrates', async () => {
  using clone = linkClone()
  await using postgres = await startPostgres()
  const variables = { DATABASE_URL: postgres.url }
  const { code, output } = await runBlock(blockWith(run.migrate), clone, 0, variables).done
  expect(output).toMatch(/was migrated: 0001_chat, /)
  expect(code).toBe(0)
})
