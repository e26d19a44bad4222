/**
 * A process that changes vaults.
 *
 * Given `stops` it changes the key of one vault for each, all at once, and each stands still just before its file operation of
 * that number; once none moves any more the process tells what they did and kills itself. Given `count` it stages so many
 * keys in one vault and tells their versions.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import {
  createFileVaultStore,
  createKeyVault,
  keyEncryptionKeyFromFile,
  type KeyVault,
  withPreviousKeys,
} from '@alfred/key-vault'

/** What the process is told. */
export type WriterOrder =
  | {
      readonly keyPath: string
      /** Encrypts everything anew with this key, in place of another secret. */
      readonly newKeyPath?: string
      readonly stops: readonly { readonly path: string; readonly step: number; readonly secret: string }[]
    }
  | { readonly keyPath: string; readonly path: string; readonly count: number }

/** What it answers: which vaults came to their step, or the versions that were staged. */
export interface WriterTold {
  readonly stopped?: readonly string[]
  readonly versions?: readonly number[]
}

interface Steps {
  left: number
  stop(): void
}

const current = new AsyncLocalStorage<Steps>()
/** Files of those that stand still; Node would close them once nobody had them. */
const held: unknown[] = []

/** Makes methods of an object count as steps of whoever calls them. */
function countSteps(target: object, names: readonly string[]): void {
  for (const name of names) {
    const original: unknown = Reflect.get(target, name)
    if (typeof original !== 'function') throw new Error(`there is no ${name} to watch`)
    Reflect.set(target, name, function (this: unknown, ...args: unknown[]): unknown {
      const steps = current.getStore()
      if (steps) steps.left -= 1
      if (!steps || steps.left > 0) return Reflect.apply(original, this, args) as unknown
      steps.stop()
      held.push(this)
      return new Promise(() => undefined)
    })
  }
}

const order = JSON.parse(process.argv[2] ?? '') as WriterOrder
const anyFile = await fs.open(order.keyPath)
countSteps(Object.getPrototypeOf(anyFile) as object, ['writeFile', 'sync'])
await anyFile.close()
countSteps(fs, ['open', 'link', 'rename', 'rm', 'readdir'])
syncBuiltinESMExports()

async function openVault(path: string): Promise<KeyVault> {
  const key = keyEncryptionKeyFromFile(order.keyPath)
  const newKeyPath = 'stops' in order ? order.newKeyPath : undefined
  const vault = createKeyVault({
    // The steps are those of the two writes; what instances tell each other is none of them.
    store: { ...createFileVaultStore({ path }), announce: () => Promise.resolve() },
    keyEncryptionKey:
      newKeyPath === undefined ? key : withPreviousKeys(keyEncryptionKeyFromFile(newKeyPath), key),
  })
  await vault.ready()
  return vault
}

if ('stops' in order) {
  const { newKeyPath } = order
  const change = async (vault: KeyVault, secret: string): Promise<void> => {
    if (newKeyPath === undefined) await vault.promote('openai', await vault.stage('openai', secret))
    else await vault.rewrap()
  }
  const runs = order.stops.map(async ({ path, step, secret }) => {
    const vault = await openVault(path)
    const stopped = await new Promise<boolean>((resolve, reject) => {
      const stop = (): void => {
        resolve(true)
      }
      current.run({ left: step, stop }, () => {
        change(vault, secret).then(() => {
          resolve(false)
        }, reject)
      })
    })
    return stopped ? [path] : []
  })
  const told: WriterTold = { stopped: (await Promise.all(runs)).flat() }
  process.send?.(told, () => process.kill(process.pid, 'SIGKILL'))
} else {
  const vault = await openVault(order.path)
  const versions: number[] = []
  for (let done = 0; done < order.count; done++) {
    versions.push(await vault.stage('openai', `sk-${String(process.pid)}-${String(done)}`))
  }
  const told: WriterTold = { versions }
  process.send?.(told, () => process.exit(0))
}
