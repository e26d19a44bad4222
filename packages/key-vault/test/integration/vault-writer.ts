import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { createFileVaultStore, createKeyVault, keyEncryptionKeyFromFile } from '@alfred/key-vault'

/**
 * A process that changes a vault and says how far it got.
 *
 * `rotate <path> <key path> <step> <secret>` stages and promotes a key and is killed just before its file
 * operation number `step`. `stage <path> <key path> <count>` stages so many keys and prints their versions.
 */
const [mode, path = '', keyPath = '', number = '0', secret = ''] = process.argv.slice(2)

let stepsLeft = Infinity

/** Makes methods of an object count as steps. */
function countSteps(target: object, names: readonly string[]): void {
  for (const name of names) {
    const original: unknown = Reflect.get(target, name)
    if (typeof original !== 'function') throw new Error(`there is no ${name} to watch`)
    Reflect.set(target, name, function (this: unknown, ...args: unknown[]): unknown {
      stepsLeft -= 1
      if (stepsLeft === 0) process.kill(process.pid, 'SIGKILL')
      const result: unknown = Reflect.apply(original, this, args)
      return result
    })
  }
}

const anyFile = await fs.open(keyPath)
countSteps(Object.getPrototypeOf(anyFile) as object, ['writeFile', 'sync'])
await anyFile.close()
countSteps(fs, ['open', 'link', 'rename', 'rm', 'readdir'])
syncBuiltinESMExports()

const vault = createKeyVault({
  // The steps are those of the two writes; what instances tell each other is none of them.
  store: { ...createFileVaultStore({ path }), announce: () => Promise.resolve() },
  keyEncryptionKey: keyEncryptionKeyFromFile(keyPath),
})
await vault.ready()

if (mode === 'rotate') {
  stepsLeft = Number(number)
  await vault.promote('openai', await vault.stage('openai', secret))
} else {
  for (let done = 0; done < Number(number); done++) {
    process.stdout.write(
      `${String(await vault.stage('openai', `sk-${String(process.pid)}-${String(done)}`))}\n`,
    )
  }
}
