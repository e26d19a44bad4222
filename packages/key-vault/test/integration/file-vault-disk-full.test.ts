import { type ChildProcess, execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { keyEncryptionKeyFromFile } from '@alfred/key-vault'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { forkProcess } from '@alfred/testkit'
import type { VaultAnswer, VaultOrder, VaultRequest } from './vault-on-request.ts'

let directory: string
let path: string
let keyPath: string
const children: ChildProcess[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vault-faults-'))
  path = join(directory, 'keys.vault')
  keyPath = join(directory, 'vault.key')
  keyEncryptionKeyFromFile(keyPath, { create: true })
})

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await rm(directory, { recursive: true, force: true })
})

async function startVault(order: VaultOrder) {
  const child = forkProcess(new URL('vault-on-request.ts', import.meta.url), order)
  children.push(child)
  await once(child, 'message')
  const ask = async (request: VaultRequest): Promise<VaultAnswer> => {
    const answered = once(child, 'message')
    child.send(request)
    const [answer] = (await answered) as [VaultAnswer]
    return answer
  }
  return { child, ask }
}

/** Lets a process write no file beyond so many bytes: its writes end in the middle, as on a disk that is full. */
const limitFiles = (child: ChildProcess, bytes: number | 'unlimited') =>
  promisify(execFile)('prlimit', [`--pid=${String(child.pid)}`, `--fsize=${String(bytes)}:unlimited`])

const longSecret = (letter: string): string => `sk-${letter.repeat(12_000)}`

it.each([
  ['the trail', 1, 'ALFRED_VAULT_AUDIT_UNAVAILABLE'],
  ['the document', 16_384, 'ALFRED_STORE_UNAVAILABLE'],
])('a disk that is full under %s stops changes by name, and nothing else', async (_file, bytes, code) => {
  const { child, ask } = await startVault({ path, keyPath })
  await ask({ do: 'promote', value: Number((await ask({ do: 'stage', value: longSecret('a') })).value) })
  const before = await readFile(path)
  await limitFiles(child, bytes)
  for (let attempt = 0; attempt < 3; attempt++) {
    expect(await ask({ do: 'stage', value: longSecret('b') })).toEqual({ code })
  }
  expect(await ask({ do: 'read' })).toEqual({ value: longSecret('a') })
  expect(await readFile(path)).toEqual(before)
  expect((await readdir(directory)).filter((name) => name.includes('.tmp-'))).toEqual([])

  await limitFiles(child, 'unlimited')
  const staged = await ask({ do: 'stage', value: longSecret('c') })
  expect(staged).toEqual({ value: 2 })
  expect(await ask({ do: 'promote', value: 2 })).toEqual({})
  expect(await ask({ do: 'read' })).toEqual({ value: longSecret('c') })
  expect(await ask({ do: 'verify' })).toEqual({ value: true })
})
