import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { dropDatabase, takeOver } from './restore-database.ts'
import type { DatabaseAccess } from './database-access.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alfred-restore-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A psql that notes what it is sent, and never ends when that matches `stuckAt`. */
async function startStandIn(
  stuckAt: string,
): Promise<DatabaseAccess & { readonly sent: () => Promise<string> }> {
  const log = join(folder, `sent-${stuckAt}`)
  const script = join(folder, `psql-${stuckAt}`)
  await writeFile(log, '')
  await writeFile(
    script,
    `#!/bin/sh
sql=$(cat)
printf '%s\\n' "$sql" >> '${log}'
case $sql in
  *'SELECT 1 FROM pg_database'*) echo 1 ;;
  *'${stuckAt}'*) exec sleep 60 ;;
esac
`,
    { mode: 0o755 },
  )
  return { prefix: [script], url: 'postgres://db/alfred', sent: () => readFile(log, 'utf8') }
}

it('lets the database in use be reached again when the run is ended during the take-over', async () => {
  const access = await startStandIn('BEGIN')
  const ending = new AbortController()
  const taking = takeOver(access, 'alfred_restored_1', true, ending.signal)
  await vi.waitFor(async () => {
    expect(await access.sent()).toContain('BEGIN')
  })
  ending.abort()
  await expect(taking).rejects.toThrow('psql')
  const last = (await access.sent()).split('COMMIT;').at(-1)
  expect(last).toMatch(/^ALTER DATABASE alfred WITH ALLOW_CONNECTIONS true;$/m)
  expect(last?.match(/ALTER DATABASE alfred_before_\d+ WITH ALLOW_CONNECTIONS true;/g)).toHaveLength(2)
})

it('removes a database of a run without the signal of that run', async () => {
  const access = await startStandIn('nothing')
  await dropDatabase(access, 'alfred_restored_1')
  expect(await access.sent()).toBe('DROP DATABASE IF EXISTS alfred_restored_1 WITH (FORCE);\n')
})
