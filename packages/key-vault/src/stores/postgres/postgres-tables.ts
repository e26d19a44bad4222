/** Begins the names of a vault's tables, unless something else is said. */
export const defaultVaultPrefix = 'alfred_vault'

/** The names of a store's tables. */
export interface PostgresVaultTables {
  readonly documents: string
  readonly leases: string
  readonly notes: string
  readonly audit: string
}

/** @param prefix - begins the name of each table; checked before */
export const tablesOf = (prefix: string): PostgresVaultTables => ({
  documents: `${prefix}_documents`,
  leases: `${prefix}_leases`,
  notes: `${prefix}_notes`,
  audit: `${prefix}_audit`,
})

/**
 * The statements that make the tables of a PostgreSQL store, for those who migrate their databases themselves.
 * They may be run again.
 *
 * @param prefix - begins the name of each table; the `tablePrefix` of the store. Put into the statements as it is.
 *
 * @example
 * ```ts
 * import { postgresVaultSchema } from '@alfred/key-vault'
 *
 * export const up = (database: { query(text: string): Promise<unknown> }) => database.query(postgresVaultSchema())
 * ```
 */
export function postgresVaultSchema(prefix = defaultVaultPrefix): string {
  const { documents, leases, notes, audit } = tablesOf(prefix)
  return `
create table if not exists ${documents} (
  name text primary key,
  revision bigint not null,
  data text not null
);
create table if not exists ${leases} (
  name text primary key,
  epoch bigint not null,
  held_until timestamptz not null
);
create table if not exists ${notes} (
  name text not null,
  instance text not null,
  note text not null,
  good_until timestamptz not null,
  primary key (name, instance)
);
create table if not exists ${audit} (
  name text not null,
  number bigint not null,
  entry text not null,
  primary key (name, number)
);
`
}
