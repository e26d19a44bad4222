import type { Client, PoolConfig } from 'pg'

/** Where the database is. Both kinds are talked to with node-postgres. */
export interface DatabaseDriver {
  readonly kind: 'PGlite' | 'PostgreSQL'
  /** For people; holds no password. */
  readonly description: string
  readonly pool: PoolConfig & { readonly Client?: new () => Client }
  /** A connection outside the pool, for the migrations. */
  createClient(): Client
  /** Makes the database reachable; called before every attempt to connect. */
  open(): Promise<void>
  close(): Promise<void>
}
