import { Client } from 'pg'

/** A row that the server has acknowledged. */
export interface AcknowledgedRow {
  readonly id: number
  /** By the clock of the server, ms. */
  readonly at: number
}

/** A writer that inserts one row after the other. */
export interface WriteLoad {
  /** Everything acknowledged so far. */
  readonly rows: readonly AcknowledgedRow[]
  /** Ends with the first error, too: a server that is gone takes no more. */
  stop(): Promise<void>
}

export const createLoadTable = `CREATE TABLE acknowledged (
  id int PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), content text NOT NULL)`

/** Writes into the table of {@link createLoadTable} until it is stopped. */
export async function startWriteLoad(url: string): Promise<WriteLoad> {
  const client = new Client(url)
  await client.connect()
  client.on('error', () => undefined)
  const rows: AcknowledgedRow[] = []
  let isStopped = false
  const write = async (): Promise<void> => {
    for (let id = 1; !isStopped; id += 1) {
      const { rows: written } = await client.query<{ at: Date }>(
        "INSERT INTO acknowledged (id, content) VALUES ($1, repeat('x', 500)) RETURNING at",
        [id],
      )
      rows.push({ id, at: written[0]?.at.getTime() ?? NaN })
    }
  }
  const writing = write().catch(() => undefined)
  return {
    rows,
    async stop() {
      isStopped = true
      await writing
      await client.end().catch(() => undefined)
    },
  }
}

/** @returns the rows that the server has now */
export async function readRows(url: string): Promise<ReadonlySet<number>> {
  const client = new Client(url)
  await client.connect()
  try {
    const { rows } = await client.query<{ id: number }>('SELECT id FROM acknowledged')
    return new Set(rows.map(({ id }) => id))
  } finally {
    await client.end()
  }
}
