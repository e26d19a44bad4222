import { isRecord, readJson, textOf } from '../driver/json.ts'

/** A file of `migrations/`. */
export interface MigrationFile {
  /** Without its ending: `0004_owners`. */
  readonly name: string
  readonly sql: string
}

/** A release that was rolled out, and the last migration in it. */
export interface SchemaRelease {
  readonly version: string
  readonly lastMigration: string
}

/** What the release before cannot live with, since it still runs when the schema changes. */
const contracts: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['drops what may be in use', /\bDROP\s+(?:TABLE|VIEW|COLUMN|TYPE|FUNCTION|SCHEMA|SEQUENCE)\b/i],
  ['renames', /\bRENAME\b/i],
  ['changes a type', /\bALTER\s+(?:COLUMN\s+)?\S+\s+(?:SET\s+DATA\s+)?TYPE\b/i],
  ['refuses null', /\bSET\s+NOT\s+NULL\b/i],
  ['removes a default', /\bDROP\s+DEFAULT\b/i],
  [
    'adds a column that must be given',
    /\bADD\s+(?:COLUMN\s+)?(?!CONSTRAINT)[^,;]*\bNOT\s+NULL\b(?![^,;]*\bDEFAULT\b)/i,
  ],
  ['adds a rule for rows', /\bADD\s+(?:CONSTRAINT\b|CHECK\b|UNIQUE\b|FOREIGN\b|PRIMARY\b)/i],
  ['makes rows unique', /\bCREATE\s+UNIQUE\s+INDEX\b/i],
  ['takes a right away', /\bREVOKE\b/i],
  ['empties a table', /\bTRUNCATE\b/i],
]

/**
 * Finds migrations that the release before cannot live with. Such a contract names the migration whose expansion it ends,
 * `-- Contracts: 0004_owners`, and that one must have been rolled out by a release of its own.
 *
 * @param files - in the order in which they run
 * @returns a sentence for each fault
 */
export function lintMigrations(
  files: readonly MigrationFile[],
  releases: readonly SchemaRelease[],
): readonly string[] {
  const order = new Map(files.map(({ name }, index) => [name, index]))
  const unknown = releases
    .filter(({ lastMigration }) => !order.has(lastMigration))
    .map(({ version, lastMigration }) => `release ${version} ends with ${lastMigration}, which is not there`)
  const isReleasedBetween = (expand: number, contract: number): boolean =>
    releases.some(({ lastMigration }) => {
      const last = order.get(lastMigration)
      return last !== undefined && expand <= last && last < contract
    })

  const faultOf = ({ name, sql }: MigrationFile, index: number): readonly string[] => {
    const found = contractsOf(sql)
    if (found.length === 0) return []
    const expand = /^--\s*Contracts:\s*(\S+)\s*$/m.exec(upPart(sql))?.[1]
    if (expand === undefined) {
      return [`${name} ${found.join(', ')}: name what it ends in a line "-- Contracts: NAME"`]
    }
    const expandIndex = order.get(expand)
    if (expandIndex === undefined || expandIndex >= index) {
      return [`${name} contracts ${expand}, which is no migration before it`]
    }
    return isReleasedBetween(expandIndex, index)
      ? []
      : [`${name} contracts ${expand} in the same release: contract one release later`]
  }
  return [...unknown, ...files.flatMap(faultOf)]
}

const upPart = (sql: string): string => sql.split(/^--\s*Down Migration/im)[0] ?? ''

/** Statements on a table that the same migration makes are no contract: nobody uses it yet. */
function contractsOf(sql: string): readonly string[] {
  const text = upPart(sql)
    .replace(/--.*$|\/\*[^]*?\*\//gm, '')
    .replace(/'(?:[^']|'')*'|\$(\w*)\$[^]*?\$\1\$/g, "''")
    // What stands in parentheses belongs to one column: its commas end no clause.
    .replace(/\([^()]*\)/g, '()')
  const made = new Set(
    [...text.matchAll(/\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w."]+)/gi)].map(([, table]) => table),
  )
  const statements = text.split(';').filter((statement) => !made.has(tableOf(statement)))
  return contracts
    .filter(([, pattern]) => statements.some((statement) => pattern.test(statement)))
    .map(([what]) => what)
}

const tableOf = (statement: string): string | undefined =>
  /\b(?:(?:CREATE|ALTER|TRUNCATE)\s+TABLE|TRUNCATE|INDEX\s+[\w."]+\s+ON)\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?(?:ONLY\s+)?([\w."]+)/i.exec(
    statement,
  )?.[1]

/**
 * Reads `database/releases.json`.
 *
 * @throws Error when it is no list of releases
 */
export function readSchemaReleases(text: string): readonly SchemaRelease[] {
  const list = readJson(text)
  if (!Array.isArray(list)) throw new Error('database/releases.json must be a list')
  return list.map((entry: unknown) => {
    const version = isRecord(entry) ? textOf(entry, 'version') : undefined
    const lastMigration = isRecord(entry) ? textOf(entry, 'lastMigration') : undefined
    if (version !== undefined && lastMigration !== undefined) return { version, lastMigration }
    throw new Error(`database/releases.json: ${JSON.stringify(entry)} lacks "version" or "lastMigration"`)
  })
}
