/**
 * A process that writes to the stores in files for as long as it lives. What is acknowledged it appends to a file of its own, by a
 * synchronous write, so that a kill takes none of it away.
 */
import { openSync, writeSync } from 'node:fs'
import { createFileVaultStore } from '@alfred/key-vault'
import { createFileClientKeyStore } from '@alfred/key-vault/client-keys'

/** What the process is given. */
export interface StoreWriterOrder {
  readonly vault: string
  readonly clientKeys: string
  readonly acknowledged: string
  /** The id of the key that all writers write. */
  readonly key: string
  /** Milliseconds until it ends by itself. */
  readonly forMs?: number | undefined
}

const {
  vault,
  clientKeys,
  acknowledged,
  key,
  forMs = Infinity,
} = JSON.parse(process.argv[2] ?? '') as StoreWriterOrder
const [store, keys] = [createFileVaultStore({ path: vault }), createFileClientKeyStore({ path: clientKeys })]
const log = openSync(acknowledged, 'a')
const startedAt = performance.now()

const note = (what: 'document' | 'trail' | 'key', number: number): void => {
  writeSync(log, `${what} ${String(number)}\n`)
}

process.send?.('ready')
for (let count = 0; performance.now() - startedAt < forMs; count++) {
  const data = `${String(process.pid)} ${String(count)}`
  const { revision } = await store.read()
  if (await store.compareAndSet(revision, data)) note('document', revision + 1)
  const { length } = await store.readAudit(0, 0)
  if (await store.appendAudit(length, [data])) note('trail', length + 1)
  const found = (await keys.find(key))?.revision ?? 0
  if (await keys.write(key, found, data)) note('key', found + 1)
}
process.exit(0)
