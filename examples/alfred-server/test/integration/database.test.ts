import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { noopLogger } from '@alfred/core'
import { freePort, startPostgres, waitFor } from '@alfred/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createChatStore } from '../../src/chat/chat-store.ts'
import { createDatabase, type Database, DatabaseUnavailableError } from '../../src/database/database.ts'
import type { DatabaseDriver } from '../../src/database/database-driver.ts'
import { DataFolderInUseError, openEmbeddedDatabase } from '../../src/database/embedded-database.ts'
import { openPostgresDatabase } from '../../src/database/postgres-database.ts'
import { createTemplateStore } from '../../src/templates/template-store.ts'

const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url))
const open = (driver: DatabaseDriver): Database =>
  createDatabase({ driver, migrationsFolder, logger: noopLogger })

interface Place {
  readonly driver: () => DatabaseDriver
  readonly remove: () => Promise<void>
}

async function postgresPlace(): Promise<Place> {
  const service = await startPostgres()
  return { driver: () => openPostgresDatabase(service.url), remove: () => service.stop() }
}

async function embeddedPlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-data-'))
  return {
    driver: () => openEmbeddedDatabase(join(folder, 'database')),
    remove: () => rm(folder, { recursive: true }),
  }
}

describe.each([
  ['PostgreSQL', postgresPlace],
  ['PGlite', embeddedPlace],
])('%s', (kind, createPlace) => {
  let place: Place
  let database: Database
  beforeAll(async () => {
    place = await createPlace()
    database = open(place.driver())
    await database.start()
  })
  afterAll(async () => {
    await database.close()
    await place.remove()
  })

  it('is migrated by node-pg-migrate', async () => {
    expect(database.kind).toBe(kind)
    await expect(database.query('SELECT name FROM migrations ORDER BY id')).resolves.toEqual([
      { name: '0001_chat' },
      { name: '0002_templates' },
    ])
  })

  it('keeps conversations in order, verbatim', async () => {
    const store = createChatStore(database)
    const sessionId = crypto.randomUUID()
    await store.createSession(sessionId)
    expect(await store.messages(sessionId)).toEqual([])
    const question = `'; DROP TABLE messages; -- <script>alert(1)</script> \u{1F600} \u202e \t`
    const exchange = { sessionId, provider: 'openai', model: 'm', complete: true } as const
    await store.append({ ...exchange, question, answerId: crypto.randomUUID(), answer: 'one' })
    await store.append({
      ...exchange,
      question: 'and?',
      answerId: crypto.randomUUID(),
      answer: 'tw',
      complete: false,
    })
    expect(await store.messages(sessionId)).toMatchObject([
      { role: 'user', content: question, provider: null, complete: true },
      { role: 'assistant', content: 'one', provider: 'openai', complete: true },
      { role: 'user', content: 'and?' },
      { role: 'assistant', content: 'tw', complete: false },
    ])
    expect((await store.messages(sessionId))?.[0]?.createdAt).toBeInstanceOf(Date)
  })

  it('shows the last forty messages of a long conversation', async () => {
    const store = createChatStore(database)
    const sessionId = crypto.randomUUID()
    await store.createSession(sessionId)
    for (let n = 0; n < 25; n++) {
      const answerId = crypto.randomUUID()
      const question = `q${String(n)}`
      await store.append({
        sessionId,
        question,
        answerId,
        answer: 'a',
        provider: 'demo',
        model: 'demo',
        complete: true,
      })
    }
    const messages = await store.messages(sessionId)
    expect(messages).toHaveLength(40)
    expect(messages?.[0]?.content).toBe('q5')
  })

  it('does not know other conversations', async () => {
    expect(await createChatStore(database).messages(crypto.randomUUID())).toBeUndefined()
  })

  it('keeps templates', async () => {
    const store = createTemplateStore(database)
    const added = await store.add({ name: 'Review', content: 'Review {{code}}', placeholders: ['code'] })
    expect(await store.find(added.id)).toEqual(added)
    expect(await store.list()).toEqual([added])
    expect(await store.find(crypto.randomUUID())).toBeUndefined()
  })

  it('does not take a wrong statement for an outage', async () => {
    await expect(database.query('SELECT nonsense')).rejects.toMatchObject({ code: '42703' })
    await expect(database.query('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }])
  })
})

it('finds everything again after a restart of the embedded database', async () => {
  const place = await embeddedPlace()
  const sessionId = crypto.randomUUID()
  const first = open(place.driver())
  await first.start()
  await createChatStore(first).createSession(sessionId)
  await first.close()
  const second = open(place.driver())
  await second.start()
  expect(await createChatStore(second).messages(sessionId)).toEqual([])
  await second.close()
  await place.remove()
})

it('refuses an embedded database that another process has open', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-data-'))
  // The process that runs the tests is alive and is not this worker.
  await writeFile(join(folder, 'database.pid'), String(process.ppid))
  const database = open(openEmbeddedDatabase(join(folder, 'database')))
  expect(await database.start()).toBeInstanceOf(DataFolderInUseError)
  await database.close()
  await rm(folder, { recursive: true })
})

it('waits for a PostgreSQL that is down, migrates when it comes and survives its restart', async () => {
  const port = await freePort()
  const database = open(openPostgresDatabase(`postgres://postgres@127.0.0.1:${String(port)}/postgres`))
  expect(await database.start()).toMatchObject({ code: 'ECONNREFUSED' })
  expect(database.migrated).toBe(false)
  await expect(database.query('SELECT 1')).rejects.toThrow(DatabaseUnavailableError)

  await using service = await startPostgres({ port })
  await database.ready()
  await expect(database.query('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }])

  await service.kill()
  await expect(database.query('SELECT 1')).rejects.toThrow(DatabaseUnavailableError)
  await service.restart()
  await waitFor(() => database.query('SELECT 1'), { what: 'the pool to reconnect' })
  await database.close()
})

it('lets two instances start at once', async () => {
  await using service = await startPostgres()
  const pair = [0, 1].map(() => open(openPostgresDatabase(service.url)))
  for (const error of await Promise.all(pair.map((database) => database.start()))) {
    expect(error).toBeUndefined()
  }
  for (const database of pair) await database.close()
})

it('can be closed while it tries to connect', async () => {
  const database = open(
    openPostgresDatabase(`postgres://postgres@127.0.0.1:${String(await freePort())}/postgres`),
  )
  void database.start()
  await database.close()
})

it('keeps user and password out of its description', () => {
  const driver = openPostgresDatabase('postgres://user:hunter2@db.example:5433/alfred')
  expect(driver.description).toBe('PostgreSQL at db.example:5433/alfred')
})
