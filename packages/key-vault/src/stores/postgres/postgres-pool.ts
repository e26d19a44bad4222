/** What a query answers. */
export interface PostgresResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

/** One connection of a pool, as `pg` gives it. */
export interface PostgresClient {
  query(text: string): Promise<unknown>
  on(
    event: 'notification',
    listener: (notification: { readonly payload?: string | undefined }) => void,
  ): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  /** @param destroy - close it instead of giving it back */
  release(destroy?: boolean): void
}

/** A pool of connections; `pg`'s `Pool` is one. */
export interface PostgresPool {
  query(text: string, values?: unknown[]): Promise<PostgresResult>
  connect(): Promise<PostgresClient>
}
