/**
 * A process that changes a vault and reports each change once it is done.
 *
 * Given `count` it stages so many keys and ends. Given `newKeyPath` it encrypts everything with one key and then with the other,
 * for ever; else it stages and promotes keys for ever.
 */
import {
  createFileVaultStore,
  createKeyVault,
  keyEncryptionKeyFromFile,
  withPreviousKeys,
} from '@alfred/key-vault'

/** What the process is given. */
export interface WriterOrder {
  readonly path: string
  readonly keyPath: string
  readonly newKeyPath?: string
  readonly count?: number
}

/** What it reports: the version that was changed, or how many records were re-wrapped. */
export interface WriterReport {
  readonly done: number
}

const { path, keyPath, newKeyPath, count = Infinity } = JSON.parse(process.argv[2] ?? '') as WriterOrder
const key = keyEncryptionKeyFromFile(keyPath)
const newKey = newKeyPath === undefined ? undefined : keyEncryptionKeyFromFile(newKeyPath)

const openVault = async (keyEncryptionKey = key) => {
  const vault = createKeyVault({ store: createFileVaultStore({ path }), keyEncryptionKey, rotate: false })
  await vault.ready()
  return vault
}

const report = (done: number): Promise<void> =>
  new Promise((resolve) =>
    process.send?.({ done } satisfies WriterReport, () => {
      resolve()
    }),
  )

if (newKey) {
  for (let pass = 0; ; pass++) {
    const [to, from] = pass % 2 === 0 ? [newKey, key] : [key, newKey]
    const vault = await openVault(withPreviousKeys(to, from))
    const rewrapped = await vault.rewrap()
    await vault.close()
    await report(rewrapped)
  }
}

const vault = await openVault()
for (let done = 0; done < count; done++) {
  const version = await vault.stage('openai', `sk-${String(process.pid)}-${String(done)}`)
  if (count === Infinity) await vault.promote('openai', version)
  await report(version)
}
await vault.close()
process.disconnect()
