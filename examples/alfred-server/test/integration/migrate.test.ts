import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { noopLogger } from '@alfred/core'
import { type PostgresService, startPostgres } from '@alfred/testkit'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createDatabase } from '../../src/database/database.ts'
import { migrateDatabase } from '../../src/database/migrate.ts'
import { openPostgresDatabase } from '../../src/database/postgres-database.ts'
import { SchemaOutdatedError } from '../../src/database/schema-version.ts'
import { projectFolder } from '../../src/project-folder.ts'
import { postgresSettings } from '../postgres-settings.ts'

const run = promisify(execFile)

let postgres: PostgresService
const clients: Client[] = []
beforeAll(async () => {
  postgres = await startPostgres()
  const roles = await readFile(join(projectFolder, 'database/roles.sql'), 'utf8')
  const administrator = await connect('postgres')
  await administrator.query(roles)
  await administrator.query(roles)
})
afterAll(async () => {
  for (const client of clients) await client.end()
  await postgres.stop()
})

const urlOf = (role: string): string => postgres.url.replace('postgres@', `${role}@`)

async function connect(role: string): Promise<Client> {
  const client = new Client(urlOf(role))
  await client.connect()
  clients.push(client)
  return client
}

/** The command as people and deployments run it. */
async function migrate(env: Readonly<Record<string, string>>): Promise<{ code: unknown; text: string }> {
  const command = ['--conditions=@alfred/source', join(projectFolder, 'src/migrate.ts')]
  const options = { env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...env }, cwd: tmpdir() }
  return run(process.execPath, command, options).then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    (error: unknown) => ({
      code: (error as { code: unknown }).code,
      text: (error as { stderr: string }).stderr,
    }),
  )
}

const asApp = () => ({ DATABASE_URL: urlOf('alfred_app'), DB_MIGRATION_USER: 'alfred_migrator' })

it('gives the release that migrates its schema, once, however many begin', async () => {
  const before = createDatabase({
    driver: openPostgresDatabase(postgresSettings(urlOf('alfred_app'))),
    folder: projectFolder,
    migratesByCommand: true,
    logger: noopLogger,
  })
  const refused = await before.start()
  await before.close()
  expect(refused).toBeInstanceOf(SchemaOutdatedError)
  expect(refused?.message).toMatch(
    /lacks 0001_chat, .*Run "pnpm migrate", in the image "node dist\/migrate.js"/,
  )

  const both = await Promise.all([migrate(asApp()), migrate(asApp())])
  expect(both.map(({ code }) => code)).toEqual([0, 0])
  expect(both.map(({ text }) => text).sort()).toEqual([
    expect.stringMatching(/is up to date\.\n$/),
    expect.stringMatching(/was migrated: 0001_chat, .*\.\n$/),
  ])
  await using after = createDatabase({
    driver: openPostgresDatabase(postgresSettings(urlOf('alfred_app'))),
    folder: projectFolder,
    migratesByCommand: true,
    logger: noopLogger,
  })
  expect(await after.start()).toBeUndefined()
})

it('says why nothing was migrated', async () => {
  const denied = await migrate({ DATABASE_URL: urlOf('nobody') })
  expect(denied).toEqual({ code: 1, text: 'The database was not migrated: role "nobody" does not exist\n' })
  expect((await migrate({ PORT: 'x' })).text).toContain('PORT: must be a whole number')
  const embedded = await migrate({})
  expect(embedded.code).toBe(0)
  expect(embedded.text).toContain('No PostgreSQL is named')
})

it.each([
  ['alfred_app', "INSERT INTO sessions (id) VALUES ('00000000-0000-4000-8000-000000000001')", undefined],
  ['alfred_app', 'UPDATE sessions SET title = $$t$$', undefined],
  ['alfred_app', 'SELECT * FROM secrets, alfred_vault_documents, migrations', undefined],
  ['alfred_app', 'DELETE FROM sessions', undefined],
  ['alfred_app', 'CREATE TABLE mine (a int)', 'permission denied for schema public'],
  ['alfred_app', 'CREATE TEMPORARY TABLE mine (a int)', 'permission denied to create temporary tables'],
  ['alfred_app', 'ALTER TABLE sessions ADD COLUMN mine int', 'must be owner of table sessions'],
  ['alfred_app', 'TRUNCATE sessions', 'permission denied for table sessions'],
  ['alfred_app', "DELETE FROM migrations WHERE name = '0001_chat'", 'permission denied for table migrations'],
  ['alfred_app', 'CREATE ROLE mine', 'permission denied to create role'],
  ['alfred_readonly', 'SELECT * FROM sessions, messages, migrations', undefined],
  ['alfred_readonly', 'SELECT * FROM secrets', 'permission denied for table secrets'],
  ['alfred_readonly', 'SELECT * FROM alfred_vault_documents', 'permission denied for table alfred_vault'],
  ['alfred_readonly', 'SELECT * FROM alfred_client_keys', 'permission denied for table alfred_client_keys'],
  ['alfred_readonly', 'DELETE FROM sessions', 'permission denied for table sessions'],
])('%s: %s', async (role, statement, refusal) => {
  const asked = (await connect(role)).query(statement)
  if (refusal === undefined) await expect(asked).resolves.toBeDefined()
  else await expect(asked).rejects.toThrow(refusal)
})

it('gives up behind a long statement, so that others are served, and changes nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-migrations-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const name of ['migrations', 'database']) {
    await cp(join(projectFolder, name), join(folder, name), { recursive: true })
  }
  const change = 'CREATE TABLE half (a int);\nALTER TABLE sessions ADD COLUMN extra int;\n'
  await writeFile(join(folder, 'migrations/9999_extra.sql'), `-- Up Migration\n${change}`)
  const driver = openPostgresDatabase({
    ...postgresSettings(urlOf('alfred_app')),
    migrationUrl: urlOf('alfred_migrator'),
  })
  const migrateWithin = (lockTimeoutMs: number): Promise<readonly string[]> =>
    migrateDatabase(driver, { folder, logger: noopLogger, lockTimeoutMs })

  const long = await connect('alfred_app')
  await long.query('BEGIN')
  await long.query('SELECT * FROM sessions')
  await expect(migrateWithin(100)).rejects.toMatchObject({ code: '55P03' })
  const other = await connect('alfred_app')
  await expect(other.query('SELECT * FROM sessions')).resolves.toBeDefined()
  await expect(other.query('SELECT * FROM half')).rejects.toThrow('does not exist')
  await long.query('COMMIT')
  expect(await migrateWithin(5000)).toEqual(['9999_extra'])
})
