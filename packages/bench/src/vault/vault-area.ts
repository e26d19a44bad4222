import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createFileVaultStore,
  createKeyVault,
  createMemoryVaultStore,
  keyEncryptionKeyFromBase64,
  withPreviousKeys,
} from '@alfred/key-vault'
import { createAuditLog } from '@alfred/key-vault/audit'
import { createClientKeys, createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'
import type { BenchReport, Progress } from '../report/bench-area.ts'
import { describeMachine } from '../report/machine.ts'
import { microBenchmark } from '../measure/micro-benchmark.ts'
import { median, round } from '../measure/statistics.ts'
import { filledVault } from './filled-vault.ts'

const key = (byte: number) => keyEncryptionKeyFromBase64(Buffer.alloc(32, byte).toString('base64'))
const [oldKey, newKey] = [key(1), key(2)]
const records = 10_000
const entries = 100_000
const rounds = 5

/** The processor time of this thread: other processes cannot lengthen it as they do the time that passes. */
const threadClock = {
  monotonicMs: (): number => {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  },
}

/** Runs `measure` in a folder of its own. */
async function inFolder<T>(measure: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-bench-vault-'))
  try {
    return await measure(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function timeMs(work: () => Promise<unknown>): Promise<number> {
  globalThis.gc?.()
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

async function measureCalls(progress: Progress): Promise<{ getNs: number; verifyUs: number }> {
  const vault = createKeyVault({ store: createMemoryVaultStore(), keyEncryptionKey: oldKey, rotate: false })
  await vault.ready()
  await vault.promote('openai', await vault.stage('openai', 'sk-bench'))
  const clientKeys = createClientKeys({ store: createMemoryClientKeyStore(), keyEncryptionKey: oldKey })
  const text = (await clientKeys.create({ name: 'bench' })).secret.reveal()
  const { get, verify } = await microBenchmark(
    {
      get: () => vault.get('openai'),
      verify: () => clientKeys.verify(text),
    },
    { progress, clock: threadClock },
  )
  await Promise.all([vault.close(), clientKeys.close()])
  return { getNs: round(get.nsPerOp, 1), verifyUs: round(verify.nsPerOp / 1000, 2) }
}

async function measureRewrap(progress: Progress): Promise<number> {
  const data = await filledVault(oldKey, records)
  const samples: number[] = []
  for (let done = 1; done <= rounds; done++) {
    const ms = await inFolder(async (folder) => {
      const store = createFileVaultStore({ path: join(folder, 'keys.vault') })
      await store.compareAndSet(0, data)
      // As every change is noted: a vault without its trail is not opened.
      await createAuditLog({ store, keyEncryptionKey: oldKey }).record(
        { action: 'vault.change', subject: 'bench', details: { revision: 1 } },
        () => Promise.resolve(),
      )
      const vault = createKeyVault({
        store,
        keyEncryptionKey: withPreviousKeys(newKey, oldKey),
        rotate: false,
      })
      await vault.ready()
      let rewrapped = 0
      const took = await timeMs(async () => (rewrapped = await vault.rewrap()))
      if (rewrapped !== records) throw new Error(`${String(rewrapped)} records were re-wrapped`)
      await vault.close()
      return took
    })
    samples.push(ms)
    progress(`rewrap ${String(done)}/${String(rounds)}: ${ms.toFixed(0)} ms`)
  }
  return round(median(samples))
}

async function measureAudit(progress: Progress): Promise<number> {
  const memory = createMemoryVaultStore()
  const writer = createAuditLog({ store: memory, keyEncryptionKey: oldKey })
  for (let index = 0; index < entries / 2; index++) {
    const event = { action: 'client-key.rotate', subject: `key${String(index).padStart(9, '0')}` }
    await writer.record(event, () => Promise.resolve())
  }
  const lines = (await memory.readAudit(0, entries + 1)).entries
  return inFolder(async (folder) => {
    const store = createFileVaultStore({ path: join(folder, 'keys.vault') })
    await store.appendAudit(0, lines)
    const audit = createAuditLog({ store, keyEncryptionKey: oldKey })
    const samples: number[] = []
    for (let done = 1; done <= rounds; done++) {
      const ms = await timeMs(async () => {
        if (!(await audit.verify()).intact) throw new Error('the trail is not intact')
      })
      samples.push(ms)
      progress(`audit ${String(done)}/${String(rounds)}: ${ms.toFixed(0)} ms`)
    }
    return round(median(samples))
  })
}

/** What the vault's calls cost: there is no peer that does the same in one process. */
export async function runVault(progress: Progress): Promise<BenchReport> {
  const { getNs, verifyUs } = await measureCalls(progress)
  const rewrapMs = await measureRewrap(progress)
  const auditVerifyMs = await measureAudit(progress)
  return {
    how: [
      `get: the current key from memory. verify: a client key that is known, HMAC-SHA-256 included. Processor time, medians of 11 rounds of 50 ms.`,
      `rewrap: ${String(records)} records to another local key, in an encrypted file, until it is synced. Median of ${String(rounds)} runs.`,
      `audit: ${String(entries)} entries of a file, read and verified. Median of ${String(rounds)} runs.`,
      describeMachine(),
    ],
    table: {
      columns: ['what', 'median', 'target'],
      rows: [
        ['get', `${String(getNs)} ns`, '100 ns'],
        ['verify a client key', `${String(verifyUs)} µs`, '5 µs'],
        ['re-wrap 10,000 records', `${String(rewrapMs)} ms`, '1000 ms'],
        ['verify 100,000 audit entries', `${String(auditVerifyMs)} ms`, '500 ms'],
      ],
    },
    figures: { getNs, verifyUs, rewrapMs, auditVerifyMs },
  }
}
