import { lifecycle } from '@alfred/core'
import { createPostgresAccess } from '../../stores/postgres/postgres-access.ts'
import { createPostgresNotifications } from '../../stores/postgres/postgres-notifications.ts'
import {
  type PostgresConnectionOptions,
  resolvePostgresConnection,
} from '../../stores/postgres/postgres-connection.ts'
import type { PostgresResult } from '../../stores/postgres/postgres-pool.ts'
import { type ClientKeyStore, maxNamedChanges, type StoredClientKey } from './client-key-store.ts'

const channel = 'alfred_client_keys'
const defaultPrefix = 'alfred_client'
const tablesOf = (prefix: string) => ({ keys: `${prefix}_keys`, state: `${prefix}_key_state` })

/**
 * The statements that make the tables, for those who migrate their databases themselves. They may be run again.
 *
 * @param prefix - begins the name of each table; the `tablePrefix` of the store. Put into the statements as it is.
 *
 * @example
 * ```ts
 * import { postgresClientKeySchema } from '@alfred/key-vault/client-keys'
 *
 * export const up = (database: { query(text: string): Promise<unknown> }) => database.query(postgresClientKeySchema())
 * ```
 */
export function postgresClientKeySchema(prefix = defaultPrefix): string {
  const { keys, state } = tablesOf(prefix)
  return `
create table if not exists ${keys} (
  name text not null,
  id text collate "C" not null,
  revision bigint not null,
  position bigint not null,
  data text not null,
  last_used_at bigint,
  primary key (name, id),
  unique (name, position)
);
create table if not exists ${state} (
  name text primary key,
  position bigint not null,
  pepper text
);
`
}

const toStored = (row: PostgresResult['rows'][number]): StoredClientKey => ({
  id: String(row['id']),
  revision: Number(row['revision']),
  data: String(row['data']),
  lastUsedAt: row['last_used_at'] === null ? undefined : Number(row['last_used_at']),
})

/**
 * A store in PostgreSQL, for several instances: two tables, each change one statement. Writes are told by `NOTIFY`,
 * for which one connection of the pool is kept while the store is watched.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`); its calls reject with `AlfredError`s
 * `ALFRED_STORE_UNAVAILABLE` within `timeoutMs`
 *
 * @example
 * ```ts
 * import { createPostgresClientKeyStore } from '@alfred/key-vault/client-keys'
 * import { Pool } from 'pg'
 *
 * const pool = new Pool({ connectionString: 'postgres://localhost/alfred', connectionTimeoutMillis: 2000 })
 * pool.on('error', (error) => console.warn(error.message))
 * export const store = createPostgresClientKeyStore({ pool })
 * ```
 */
export function createPostgresClientKeyStore(options: PostgresConnectionOptions): ClientKeyStore {
  const connection = resolvePostgresConnection('clientKeys.store', options, defaultPrefix)
  const { pool, name, tablePrefix, createTables, timeoutMs, clock } = connection
  const { keys, state } = tablesOf(tablePrefix)
  const notifications = createPostgresNotifications(pool, channel, name, clock)
  const postgres = createPostgresAccess({
    pool,
    timeoutMs,
    clock,
    purpose: 'client keys',
    ...(createTables && { tables: { schema: postgresClientKeySchema(tablePrefix), last: state } }),
  })

  const query = async (text: string, ...values: unknown[]): Promise<PostgresResult['rows']> => {
    await postgres.ready()
    return postgres.ask(text, [name, ...values])
  }

  const columns = 'id, revision, data, last_used_at'
  // Whoever writes waits for the row of the state, so positions become visible in their order.
  const next = `insert into ${state} as state (name, position) values ($1, 1)
    on conflict (name) do update set position = state.position + 1 returning position`

  return {
    async find(id) {
      const [row] = await query(`select ${columns} from ${keys} where name = $1 and id = $2`, id)
      return row && toStored(row)
    },
    async list(after, limit) {
      const rows = await query(
        `select ${columns} from ${keys} where name = $1 and ($2::text is null or id > $2) order by id limit $3`,
        after ?? null,
        limit,
      )
      return rows.map(toStored)
    },
    async write(id, expected, data) {
      const change =
        expected === 0
          ? `insert into ${keys} (name, id, revision, position, data)
             select $1, $2, $3::bigint + 1, next.position, $4 from next on conflict (name, id) do nothing`
          : `update ${keys} as key set revision = $3::bigint + 1, data = $4, position = next.position
             from next where key.name = $1 and key.id = $2 and key.revision = $3::bigint`
      const rows = await query(
        `with next as (${next}) ${change} returning pg_notify('${channel}', $1)`,
        id,
        expected,
        data,
      )
      return rows.length === 1
    },
    async touch(uses) {
      if (uses.size === 0) return
      await query(
        `update ${keys} as key set last_used_at = use.at
         from unnest($2::text[], $3::bigint[]) as use (id, at)
         where key.name = $1 and key.id = use.id and coalesce(key.last_used_at, 0) < use.at`,
        [...uses.keys()],
        [...uses.values()],
      )
    },
    async changes(position) {
      const rows = await query(
        `select coalesce((select position from ${state} where name = $1), 0) as position,
                (select array_agg(id) from (select id from ${keys} where name = $1 and position > $2::bigint
                                            limit ${String(maxNamedChanges + 1)}) as changed) as ids`,
        position ?? null,
      )
      const ids = rows[0]?.['ids'] ?? []
      const named = Array.isArray(ids) ? ids.map(String) : []
      return {
        position: Number(rows[0]?.['position'] ?? 0),
        ids: named.length > maxNamedChanges ? undefined : named,
      }
    },
    async readPepper() {
      const [row] = await query(`select pepper from ${state} where name = $1`)
      return typeof row?.['pepper'] === 'string' ? row['pepper'] : undefined
    },
    async replacePepper(expected, pepper) {
      const rows = await query(
        `insert into ${state} as state (name, position, pepper)
         select $1, 0, $3 where $2::text is null or exists (select 1 from ${state} where name = $1)
         on conflict (name) do update set pepper = excluded.pepper
         where state.pepper is not distinct from $2::text returning 1`,
        expected ?? null,
        pepper,
      )
      return rows.length === 1
    },
    watch: (onChange) => notifications.listen(onChange),
    ...lifecycle(
      () => {
        notifications.close()
      },
      () => postgres.ready(),
    ),
  }
}
