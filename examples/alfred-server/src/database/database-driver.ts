import type { Client, PoolConfig } from 'pg'

/** Where the database is. Both kinds are talked to with node-postgres. */
export interface DatabaseDriver {
  readonly kind: 'PGlite' | 'PostgreSQL'
  /** For people; holds no password. */
  readonly description: string
  readonly pool: PoolConfig & { readonly Client?: new () => Client }
  /** A connection of the tables' owner outside the pool, for the migrations. */
  createClient(): Client
  /** SQL of tables that belong to no migration; it may be run again. */
  readonly schemas: readonly string[]
  /** Makes the database reachable; called before every attempt to connect. */
  open(): Promise<void>
  close(): Promise<void>
}
