import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noopLogger } from '@alfred/core'
import { freePort, startPostgres, waitFor } from '@alfred/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ChatStore, createChatStore } from '../../src/chat/chat-store.ts'
import { BudgetExceededError, createBudget } from '../../src/budget/budget.ts'
import { createSessionStore } from '../../src/chat/session-store.ts'
import { createDatabase, type Database, DatabaseUnavailableError } from '../../src/database/database.ts'
import type { DatabaseDriver } from '../../src/database/database-driver.ts'
import { DataFolderInUseError, openEmbeddedDatabase } from '../../src/database/embedded-database.ts'
import { openPostgresDatabase } from '../../src/database/postgres-database.ts'
import { createTemplateStore } from '../../src/templates/template-store.ts'
import { projectFolder } from '../../src/project-folder.ts'
import { postgresSettings } from '../postgres-settings.ts'

const open = (driver: DatabaseDriver): Database =>
  createDatabase({ driver, folder: projectFolder, logger: noopLogger })

interface Place {
  readonly driver: () => DatabaseDriver
  readonly remove: () => Promise<void>
}

async function postgresPlace(): Promise<Place> {
  const service = await startPostgres()
  return { driver: () => openPostgresDatabase(postgresSettings(service.url)), remove: () => service.stop() }
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
      { name: '0003_turns' },
      { name: '0004_owners' },
      { name: '0005_budget' },
    ])
  })

  const ask = async (store: ChatStore, sessionId: string | undefined, message: string) => {
    const turn = await store.begin({ owner: 'me', sessionId, message })
    if (!turn) throw new Error('there is no such conversation')
    return turn
  }
  const by = { provider: 'openai', model: 'm' } as const
  const usage = { inputTokens: 3, outputTokens: 1 }

  it('keeps conversations in order, verbatim', async () => {
    const store = createChatStore(database)
    const question = `'; DROP TABLE messages; -- <script>alert(1)</script> \u{1F600} \u202e \t`
    const first = await ask(store, undefined, question)
    await store.finish(first.messageId, { text: 'one', ...by }, { state: 'complete', finish: 'stop', usage })
    const second = await ask(store, first.sessionId, 'and?')
    expect(second.turns).toEqual([
      { role: 'user', content: question },
      { role: 'assistant', content: 'one' },
      { role: 'user', content: 'and?' },
    ])
    expect(await store.save(second.messageId, { text: 'tw', ...by })).toBe(false)
    expect(await store.messages(first.sessionId)).toMatchObject([
      { role: 'user', content: question, provider: null, state: 'complete', complete: true },
      { role: 'assistant', content: 'one', provider: 'openai', state: 'complete', finish: 'stop' },
      { role: 'user', content: 'and?' },
      { role: 'assistant', content: 'tw', state: 'streaming', complete: false },
    ])
    expect((await store.messages(first.sessionId))[0]?.createdAt).toBeInstanceOf(Date)
  })

  it('keeps the question before anybody answers, and nothing of a conversation that does not exist', async () => {
    const store = createChatStore(database)
    const { sessionId, messageId } = await ask(store, undefined, 'why?')
    expect(await store.messages(sessionId)).toMatchObject([
      { role: 'user', content: 'why?' },
      { role: 'assistant', content: '', state: 'pending', provider: null },
    ])
    expect(await store.answer(messageId)).toMatchObject({ sessionId, state: 'pending', end: undefined })
    expect(
      await store.begin({ owner: 'me', sessionId: crypto.randomUUID(), message: 'lost' }),
    ).toBeUndefined()
    expect(await database.query(`SELECT 1 FROM messages WHERE content = 'lost'`)).toEqual([])
  })

  it('replaces what cannot be stored', async () => {
    const store = createChatStore(database)
    const { sessionId, messageId } = await ask(store, undefined, 'a\0b\ud800c')
    await store.save(messageId, { text: '\0\udc00', ...by })
    const messages = await store.messages(sessionId)
    expect(messages.map(({ content }) => content)).toEqual(['a\uFFFDb\uFFFDc', '\uFFFD\uFFFD'])
  })

  it('tells the maker of an answer that somebody wants it stopped', async () => {
    const store = createChatStore(database)
    const { messageId } = await ask(store, undefined, 'why?')
    await store.requestStop(messageId)
    expect(await store.save(messageId, { text: 'a', ...by })).toBe(true)
  })

  it('finds answers whose makers are gone, and ends those that nobody has saved since', async () => {
    const store = createChatStore(database)
    const asked = [
      await ask(store, undefined, '1'),
      await ask(store, undefined, '2'),
      await ask(store, undefined, '3'),
    ]
    const [silent, begun, saved] = asked.map(({ messageId }) => messageId)
    await store.save(begun ?? '', { text: 'half', ...by })
    const ids = asked.map(({ messageId }) => messageId)
    // PGlite's clock does not tick between two statements: what was saved just now is not before now.
    const quiet = (await store.quietAnswers(-1)).filter(({ id }) => ids.includes(id))
    expect(quiet).toHaveLength(3)
    expect(await store.quietAnswers(600)).toEqual([])
    await store.save(saved ?? '', { text: 'more', ...by })
    for (const answer of quiet) await store.abandon(answer)
    expect((await store.answer(silent ?? ''))?.state).toBe('failed')
    expect((await store.answer(begun ?? ''))?.end).toMatchObject({ state: 'cut' })
    expect((await store.answer(saved ?? ''))?.state).toBe('streaming')
  })

  it('lists the last forty messages of a long conversation, and shows a provider all of it', async () => {
    const store = createChatStore(database)
    let turn = await ask(store, undefined, 'q0')
    for (let n = 1; n < 25; n++) turn = await ask(store, turn.sessionId, `q${String(n)}`)
    const messages = await store.messages(turn.sessionId)
    expect(messages).toHaveLength(40)
    expect(messages[0]?.content).toBe('q5')
    expect(turn.turns).toHaveLength(49)
  })

  it('undoes a question that is not admitted, session and reservation included', async () => {
    const store = createChatStore(database)
    const owner = crypto.randomUUID()
    const limits = {
      tokensPerDay: 10,
      tokensPerMonth: undefined,
      microsPerDay: undefined,
      microsPerMonth: undefined,
    }
    const budget = createBudget(database, limits, [{ provider: 'demo', model: 'demo' }])
    const asking = store.begin({
      owner,
      sessionId: undefined,
      message: 'too dear',
      admit: async (query, { messageId }, turns) => {
        await budget.reserve(query, { owner, payer: owner }, messageId, turns)
      },
    })
    await expect(asking).rejects.toThrow(BudgetExceededError)
    expect(await database.query('SELECT 1 FROM sessions WHERE owner = $1', [owner])).toEqual([])
    expect(await database.query('SELECT 1 FROM budget_periods WHERE payer = $1', [owner])).toEqual([])
  })

  it('lists the conversations of an owner by pages, the ones used last first', async () => {
    const store = createChatStore(database)
    const sessions = createSessionStore(database)
    const owner = crypto.randomUUID()
    const ids: string[] = []
    for (const message of ['first 100% of_it', 'second', 'third']) {
      ids.push((await store.begin({ owner, sessionId: undefined, message }))?.sessionId ?? '')
    }
    await store.begin({ owner, sessionId: ids[0], message: 'once more' })
    const titles = async (options: { limit: number; search?: string; after?: string | undefined }) => {
      const page = await sessions.list(owner, options)
      return { titles: page.sessions.map(({ title }) => title), next: page.next }
    }
    const one = await titles({ limit: 2 })
    expect(one.titles).toEqual(['first 100% of_it', 'third'])
    expect(await titles({ limit: 2, after: one.next })).toEqual({ titles: ['second'], next: undefined })
    expect((await titles({ limit: 9, search: 'ONCE' })).titles).toEqual(['first 100% of_it'])
    expect((await titles({ limit: 9, search: '0% of_' })).titles).toEqual(['first 100% of_it'])
    expect((await titles({ limit: 9, search: '1%' })).titles).toEqual([])
    expect((await sessions.list('nobody', { limit: 9 })).sessions).toEqual([])
  })

  it('removes a conversation with its messages, and those that are older than allowed', async () => {
    const store = createChatStore(database)
    const sessions = createSessionStore(database)
    const { sessionId, messageId } = await ask(store, undefined, 'old')
    expect(await sessions.remove('other', sessionId)).toBe(false)
    expect(await sessions.rename('other', sessionId, 'mine')).toBe(false)
    expect(await sessions.remove('me', sessionId)).toBe(true)
    expect(await store.answer(messageId)).toBeUndefined()
    expect(await store.save(messageId, { text: 'late', ...by })).toBe(true)

    const old = await ask(store, undefined, 'old')
    await database.query(`UPDATE sessions SET updated_at = now() - interval '31 days' WHERE id = $1`, [
      old.sessionId,
    ])
    expect(await sessions.removeOlderThan(30)).toBe(1)
    expect(await database.query('SELECT 1 FROM messages WHERE session_id = $1', [old.sessionId])).toEqual([])
  })

  it('keeps templates', async () => {
    const store = createTemplateStore(database)
    const added = await store.add('me', {
      name: 'Review',
      content: 'Review {{code}}',
      placeholders: ['code'],
    })
    expect(await store.find('me', added.id)).toEqual(added)
    expect(await store.list('me')).toEqual([added])
    expect(await store.find('other', added.id)).toBeUndefined()
    expect(await store.list('other')).toEqual([])
    expect(await store.remove('other', added.id)).toBe(false)
    expect(await store.remove('me', added.id)).toBe(true)
    expect(await store.list('me')).toEqual([])
  })

  it('does not take a wrong statement for an outage', async () => {
    await expect(database.query('SELECT nonsense')).rejects.toMatchObject({ code: '42703' })
    await expect(database.query('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }])
  })
})

it('finds everything again after a restart of the embedded database', async () => {
  const place = await embeddedPlace()
  const first = open(place.driver())
  await first.start()
  const turn = await createChatStore(first).begin({ owner: 'me', sessionId: undefined, message: 'hi' })
  await first.close()
  const second = open(place.driver())
  await second.start()
  expect(await createChatStore(second).messages(turn?.sessionId ?? '')).toHaveLength(2)
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
  const database = open(
    openPostgresDatabase(postgresSettings(`postgres://postgres@127.0.0.1:${String(port)}/postgres`)),
  )
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

it('lets statements wait for the first attempt, and no longer', async () => {
  const place = await embeddedPlace()
  const opened = open(place.driver())
  const asked = opened.query('SELECT 1 AS one')
  const wrote = opened.transaction((query) => query('SELECT 2 AS two'))
  void opened.start()
  await expect(asked).resolves.toEqual([{ one: 1 }])
  await expect(wrote).resolves.toEqual([{ two: 2 }])
  await opened.close()
  await place.remove()

  const url = `postgres://postgres@127.0.0.1:${String(await freePort())}/postgres`
  await using refused = open(openPostgresDatabase(postgresSettings(url)))
  const waiting = refused.query('SELECT 1')
  void refused.start()
  await expect(waiting).rejects.toThrow(DatabaseUnavailableError)
})

it('does not let statements wait for a database that is closed', async () => {
  const place = await embeddedPlace()
  const database = open(place.driver())
  const waiting = expect(database.query('SELECT 1')).rejects.toThrow(DatabaseUnavailableError)
  await database.close()
  await waiting
  await place.remove()
})

it('lets two instances start at once', async () => {
  await using service = await startPostgres()
  const pair = [0, 1].map(() => open(openPostgresDatabase(postgresSettings(service.url))))
  for (const error of await Promise.all(pair.map((database) => database.start()))) {
    expect(error).toBeUndefined()
  }
  for (const database of pair) await database.close()
})

it('can be closed while it tries to connect', async () => {
  const database = open(
    openPostgresDatabase(
      postgresSettings(`postgres://postgres@127.0.0.1:${String(await freePort())}/postgres`),
    ),
  )
  void database.start()
  await database.close()
})

it('keeps user and password out of its description', () => {
  const driver = openPostgresDatabase(postgresSettings('postgres://user:hunter2@db.example:5433/alfred'))
  expect(driver.description).toBe('PostgreSQL at db.example:5433/alfred')
})
