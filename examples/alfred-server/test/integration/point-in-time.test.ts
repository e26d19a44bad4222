import { Client } from 'pg'
import { expect, it } from 'vitest'
import { startArchivedPostgres } from '../backup/archived-postgres.ts'

it('goes back to the moment before a table was dropped', { timeout: 120_000 }, async () => {
  await using archived = await startArchivedPostgres()
  const { postgres, archiver } = archived
  const query = async (sql: string): Promise<readonly unknown[]> => {
    const client = new Client(postgres.url)
    await client.connect()
    const { rows } = await client.query<Record<string, unknown>>(sql)
    await client.end()
    return rows
  }
  await query('CREATE TABLE chats (id int)')
  await archiver('backup', '--type=full')
  // Only in the log that was archived since.
  await query('INSERT INTO chats SELECT generate_series(1, 1000)')
  const [{ now }] = (await query('SELECT now()')) as [{ now: Date }]
  await query('SELECT pg_sleep(1.1)')
  await query('DROP TABLE chats')
  await archiver('check')
  await archived.goBackTo(new Date(now.getTime() + 1000))
  expect(await query('SELECT count(*)::int, pg_is_in_recovery() AS recovering FROM chats')).toEqual([
    { count: 1000, recovering: false },
  ])
})
