import { noopLogger } from '@alfred/core'
import { createTestCertificate, startPostgres } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { createDatabase, type Database } from '../../src/database/database.ts'
import { openPostgresDatabase } from '../../src/database/postgres-database.ts'
import { readSettings } from '../../src/settings/settings.ts'
import type { Environment } from '../../src/settings/read-variables.ts'
import { projectFolder } from '../../src/project-folder.ts'

function open(environment: Environment): Database {
  const { postgres } = readSettings(environment)
  if (!postgres) throw new Error('the settings name no PostgreSQL')
  return createDatabase({ driver: openPostgresDatabase(postgres), folder: projectFolder, logger: noopLogger })
}

const partsOf = (url: string, host = 'localhost') => ({
  DB_HOST: host,
  DB_PORT: new URL(url).port,
  DB_NAME: 'postgres',
  DB_USER: 'postgres',
})

it('speaks TLS with the server that the certificate names, and with no other', async () => {
  const tls = await createTestCertificate(['localhost'])
  const stranger = await createTestCertificate(['localhost'])
  await using service = await startPostgres({ tls })
  await using database = open({ ...partsOf(service.url), DB_SSL_CA: tls.cert })
  expect(await database.start()).toBeUndefined()
  await expect(database.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).resolves.toEqual([
    { ssl: true },
  ])

  const refused = async (environment: Environment): Promise<string | undefined> => {
    await using other = open(environment)
    return (await other.start())?.message
  }
  expect(await refused({ ...partsOf(service.url), DB_SSL_CA: stranger.cert })).toMatch(/self-signed|verify/)
  expect(await refused({ ...partsOf(service.url), DB_SSL: 'verify-full' })).toMatch(/self-signed|verify/)
  expect(await refused({ ...partsOf(service.url, '127.0.0.1'), DB_SSL_CA: tls.cert })).toMatch(
    /does not match certificate/,
  )
})

it('does not go on in plain text where the server has no TLS', async () => {
  await using service = await startPostgres()
  await using database = open({ ...partsOf(service.url), DB_SSL: 'verify-full' })
  expect((await database.start())?.message).toMatch(/does not support SSL/)
})

it('names its connections and bounds what they do', async () => {
  await using service = await startPostgres()
  await using database = open({
    ...partsOf(service.url),
    DB_POOL_MIN: '1',
    DB_POOL_MAX: '3',
    DB_STATEMENT_TIMEOUT_MS: '200',
  })
  await database.start()
  const setting = async (name: string): Promise<unknown> => {
    const [row] = await database.query(`SELECT current_setting('${name}') AS value`)
    return row?.['value']
  }
  expect(await setting('application_name')).toBe('alfred')
  expect(await setting('idle_in_transaction_session_timeout')).toBe('30s')
  await expect(database.query('SELECT pg_sleep(10)')).rejects.toThrow()
  const answers = await Promise.all(
    Array.from({ length: 128 }, () =>
      database.transaction((query) => query('SELECT pg_sleep(0.02), 1 AS one')),
    ),
  )
  expect(answers).toHaveLength(128)
  expect(database.pool.totalCount).toBe(3)
})
