import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { describeClientKeyStore } from '../../test/client-key-store-conformance.ts'
import { createFileClientKeyStore, createMemoryClientKeyStore } from './document-client-key-store.ts'

async function newPath(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'alfred-client-keys-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return join(directory, 'client-keys')
}

describeClientKeyStore(
  'memory store of client keys',
  () => {
    const store = createMemoryClientKeyStore()
    return Promise.resolve(() => store)
  },
  { notifies: true },
)

describeClientKeyStore(
  'file store of client keys',
  async () => {
    const path = await newPath()
    return () => createFileClientKeyStore({ path })
  },
  { notifies: true },
)

it('writes a file for its owner alone', async () => {
  const path = await newPath()
  await createFileClientKeyStore({ path }).write('key000000001', 0, 'data')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

it('says that a file is damaged', async () => {
  const path = await newPath()
  await writeFile(path, 'alfred-vault 1\n{"keys":', { mode: 0o600 })
  await expect(createFileClientKeyStore({ path }).list(undefined, 10)).rejects.toMatchObject({
    code: 'ALFRED_VAULT_TAMPERED',
  })
})
