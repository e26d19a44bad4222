/** A process with a vault in a file that does what it is told by messages, and answers with what became of it. */
import { createFileVaultStore, createKeyVault, keyEncryptionKeyFromFile } from '@alfred/key-vault'

/** What the process is told at its start. */
export interface VaultOrder {
  readonly path: string
  readonly keyPath: string
}

/** What it is told to do. */
export type VaultRequest =
  { readonly do: 'stage' | 'promote'; readonly value: string | number } | { readonly do: 'read' | 'verify' }

/** What became of it: the code of an error of ours, or what was asked for. */
export interface VaultAnswer {
  readonly code?: string
  readonly value?: unknown
}

const { path, keyPath } = JSON.parse(process.argv[2] ?? '') as VaultOrder
const vault = createKeyVault({
  store: createFileVaultStore({ path }),
  keyEncryptionKey: keyEncryptionKeyFromFile(keyPath),
})
await vault.ready()

async function act(request: VaultRequest): Promise<unknown> {
  switch (request.do) {
    case 'stage':
      return vault.stage('openai', String(request.value))
    case 'promote':
      return vault.promote('openai', Number(request.value))
    case 'read':
      await vault.refresh()
      return vault.get('openai').reveal()
    case 'verify':
      return (await vault.audit.verify()).intact
  }
}

const tell = (answer: VaultAnswer): void => {
  process.send?.(answer)
}

process.on('message', (request: VaultRequest) => {
  act(request).then(
    (value) => {
      tell({ value })
    },
    (error: unknown) => {
      tell({ code: error instanceof Error && 'code' in error ? String(error.code) : 'unexpected' })
    },
  )
})
process.on('disconnect', () => {
  process.exit()
})
tell({})
