import { isAlfredError, lifecycle } from '@alfred/core'
import { fenced } from '../fenced.ts'
import { createPostgresNotifications } from './postgres-notifications.ts'
import { createPostgresAccess } from './postgres-access.ts'
import { type PostgresConnectionOptions, resolvePostgresConnection } from './postgres-connection.ts'
import type { PostgresResult } from './postgres-pool.ts'
import { defaultVaultPrefix, postgresVaultSchema, tablesOf } from './postgres-tables.ts'
import type { VaultStore } from '../vault-store.ts'

const channel = 'alfred_vault'

const isDuplicate = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '23505'

/**
 * A store in PostgreSQL, for several instances: four tables, each change one statement. Writes are told by
 * `NOTIFY`, for which one connection of the pool is kept while the store is watched.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`); its calls reject with `AlfredError`s
 * `ALFRED_STORE_UNAVAILABLE` within `timeoutMs`, and `ALFRED_VAULT_FENCED`
 *
 * @example
 * ```ts
 * import { createPostgresVaultStore } from '@alfred/key-vault'
 * import { Pool } from 'pg'
 *
 * const pool = new Pool({ connectionString: 'postgres://localhost/alfred', connectionTimeoutMillis: 2000 })
 * pool.on('error', (error) => console.warn(error.message))
 * export const store = createPostgresVaultStore({ pool })
 * ```
 */
export function createPostgresVaultStore(options: PostgresConnectionOptions): VaultStore {
  const connection = resolvePostgresConnection('vault.store', options, defaultVaultPrefix)
  const { pool, name, tablePrefix, createTables, timeoutMs, clock } = connection
  const { documents, leases, notes, audit } = tablesOf(tablePrefix)
  const notifications = createPostgresNotifications(pool, channel, name, clock)

  const postgres = createPostgresAccess({
    pool,
    timeoutMs,
    clock,
    purpose: 'the key vault',
    ...(createTables && { tables: { schema: postgresVaultSchema(tablePrefix), last: audit } }),
  })

  const query = async (text: string, ...values: unknown[]): Promise<PostgresResult['rows']> => {
    await postgres.ready()
    return postgres.ask(text, [name, ...values])
  }

  return {
    async read() {
      const [row] = await query(`select revision, data from ${documents} where name = $1`)
      return row
        ? { revision: Number(row['revision']), data: String(row['data']) }
        : { revision: 0, data: undefined }
    },
    async compareAndSet(expected, data, epoch) {
      const fence = `coalesce((select epoch > $4::bigint from ${leases} where name = $1), false)`
      const change =
        expected === 0
          ? `insert into ${documents} (name, revision, data) select $1, $2::bigint + 1, $3 where not ${fence}
             on conflict (name) do nothing`
          : `update ${documents} set revision = $2::bigint + 1, data = $3
             where name = $1 and revision = $2::bigint and not ${fence}`
      const [row] = await query(
        `with written as (${change} returning name),
              told as (select pg_notify('${channel}', name) from written)
         select (select count(*) from told) = 1 as written, ${fence} as fenced`,
        expected,
        data,
        epoch ?? null,
      )
      if (row?.['fenced'] === true) throw fenced()
      return row?.['written'] === true
    },
    async lease(ttlMs) {
      const end = (parameter: string): string => `clock_timestamp() + ${parameter} * interval '1 millisecond'`
      const [row] = await query(
        `insert into ${leases} as lease (name, epoch, held_until) values ($1, 1, ${end('$2')})
         on conflict (name) do update set epoch = lease.epoch + 1, held_until = excluded.held_until
         where lease.held_until <= clock_timestamp() returning epoch`,
        ttlMs,
      )
      if (!row) return undefined
      const epoch = Number(row['epoch'])
      const holdFor = async (forMs: number): Promise<boolean> => {
        const rows = await query(
          `update ${leases} set held_until = ${end('$3')} where name = $1 and epoch = $2 returning epoch`,
          epoch,
          forMs,
        )
        return rows.length === 1
      }
      return {
        epoch,
        renew: holdFor,
        async release() {
          await holdFor(0)
        },
      }
    },
    async now() {
      const [row] = await query(
        `select extract(epoch from clock_timestamp()) * 1000 as now where $1::text is not null`,
      )
      return Number(row?.['now'])
    },
    watch: (listener) => notifications.listen(listener),
    async announce(instance, note, ttlMs) {
      await query(
        `insert into ${notes} (name, instance, note, good_until)
         values ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')
         on conflict (name, instance) do update set note = excluded.note, good_until = excluded.good_until`,
        instance,
        note,
        ttlMs,
      )
    },
    async announcements() {
      const rows = await query(
        `with gone as (delete from ${notes} where name = $1 and good_until <= clock_timestamp())
         select note from ${notes} where name = $1 and good_until > clock_timestamp()`,
      )
      return rows.map(({ note }) => String(note))
    },
    async appendAudit(expected, entries) {
      try {
        const rows = await query(
          `with fits as (select coalesce((select max(number) + 1 from ${audit} where name = $1), 0) = $2::bigint as yes),
                added as (insert into ${audit} (name, number, entry)
                          select $1, $2::bigint + position - 1, entry
                          from unnest($3::text[]) with ordinality as given (entry, position), fits where yes returning 1)
           select yes, (select count(*) from added) from fits`,
          expected,
          entries,
        )
        return rows[0]?.['yes'] === true
      } catch (error) {
        if (isAlfredError(error) && isDuplicate(error.cause)) return false
        throw error
      }
    },
    async readAudit(from, limit) {
      const [head] = await query(
        `select coalesce(max(number) + 1, 0) as length from ${audit} where name = $1`,
      )
      const length = Number(head?.['length'] ?? 0)
      const rows = await query(
        `select entry from ${audit} where name = $1 and number >= $2 and number < $3 order by number`,
        from,
        Math.min(from + limit, length),
      )
      return { length, entries: rows.map(({ entry }) => String(entry)) }
    },
    ...lifecycle(
      () => {
        notifications.close()
      },
      () => postgres.ready(),
    ),
  }
}
