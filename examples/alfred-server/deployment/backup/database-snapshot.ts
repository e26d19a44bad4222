import { createInterface } from 'node:readline'
import { isRecord, readJson, textOf } from '../driver/json.ts'
import { startProgram } from './program.ts'
import type { DatabaseAccess } from './database-access.ts'

/** What a table holds. */
export interface TableTally {
  /** With its schema, such as `public.messages`. */
  readonly table: string
  readonly rows: number
  /** The same for the same rows, in whatever order. */
  readonly checksum: string
}

/** One moment of a database, kept until it was counted. */
export interface DatabaseSnapshot extends AsyncDisposable {
  /** What pg_dump takes as `--snapshot`. */
  readonly id: string
  readonly serverVersion: string
  /** Counts all tables as they were at that moment, and ends the snapshot. */
  tally(): Promise<readonly TableTally[]>
}

/** Rows are compared as text: nothing that a session may set changes how they are written. */
const settings = `SET TIME ZONE 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres';
SET extra_float_digits = 1; SET bytea_output = 'hex'; SET idle_in_transaction_session_timeout = 0;`

/** Writes one query a table, and runs them. MD5 is the same in every version of PostgreSQL. */
const tallyTables = `SELECT format(
  $query$SELECT json_build_object('table', %L, 'rows', count(*), 'checksum',
    coalesce(sum(('x' || left(md5(ROW(counted_row.*)::text), 15))::bit(60)::bigint::numeric), 0)::text)
  FROM ONLY %I.%I AS counted_row$query$, nspname || '.' || relname, nspname, relname)
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind = 'r' AND relpersistence = 'p' AND nspname <> 'information_schema' AND nspname !~ '^pg_'
ORDER BY nspname, relname \\gexec`

/** Fixes what the database holds now, and waits for nobody. */
export async function openSnapshot(access: DatabaseAccess, signal: AbortSignal): Promise<DatabaseSnapshot> {
  const { prefix, url } = access
  const session = [
    ...prefix,
    'psql',
    '-X',
    '-q',
    '-A',
    '-t',
    '-v',
    'ON_ERROR_STOP=1',
    '--no-password',
    '-d',
    url,
  ]
  const { stdin, stdout, ended } = startProgram(session, { signal })
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  const nextLine = async (): Promise<string> => {
    const { done, value } = await lines.next()
    if (done !== true) return value
    await ended
    throw new Error('psql ended too early')
  }
  stdin.write(`${settings}
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT current_setting('server_version');
SELECT pg_export_snapshot();
`)
  const serverVersion = await nextLine()
  const id = await nextLine()
  return {
    id,
    serverVersion,
    async tally() {
      stdin.end(`${tallyTables}\n`)
      const tables: TableTally[] = []
      for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
        tables.push(parseTally(line.value))
      }
      await ended
      return tables
    },
    async [Symbol.asyncDispose]() {
      stdin.end()
      await ended.catch(() => undefined)
    },
  }
}

/** Counts all tables as they are now. */
export async function tallyDatabase(
  access: DatabaseAccess,
  signal: AbortSignal,
): Promise<readonly TableTally[]> {
  await using snapshot = await openSnapshot(access, signal)
  return await snapshot.tally()
}

/** @throws Error for a line that holds something else */
export function parseTally(line: string): TableTally {
  const tally = readTally(readJson(line))
  if (tally === undefined) throw new Error(`psql wrote no tally of a table: ${line}`)
  return tally
}

export function readTally(value: unknown): TableTally | undefined {
  if (!isRecord(value)) return undefined
  const table = textOf(value, 'table')
  const checksum = textOf(value, 'checksum')
  const { rows } = value
  if (table === undefined || checksum === undefined || typeof rows !== 'number') return undefined
  return { table, rows, checksum }
}

/** @returns a line for each table that differs, in words */
export function compareTallies(
  expected: readonly TableTally[],
  found: readonly TableTally[],
): readonly string[] {
  const byName = new Map(found.map((tally) => [tally.table, tally]))
  const differences = expected.flatMap(({ table, rows, checksum }) => {
    const other = byName.get(table)
    byName.delete(table)
    if (other === undefined) return [`${table} is missing`]
    if (other.rows !== rows) return [`${table} has ${String(other.rows)} rows instead of ${String(rows)}`]
    return other.checksum === checksum ? [] : [`${table} has other rows`]
  })
  return [...differences, ...[...byName.keys()].map((table) => `${table} is not in the backup`)]
}
