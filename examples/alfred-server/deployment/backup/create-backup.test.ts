import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { type BackupContext, createBackup } from './create-backup.ts'

afterEach(() => {
  vi.useRealTimers()
})

it('waits for the next second where this one has a backup', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 2, 3, 4, 5, 990) })
  const workFolder = await mkdtemp(join(tmpdir(), 'create-backup-'))
  onTestFinished(() => rm(workFolder, { recursive: true }))
  const names: string[][] = [['20260102T030405Z/database.age'], []]
  const steps: string[] = []
  const context = {
    workFolder,
    signal: new AbortController().signal,
    storage: {
      now: () => Promise.resolve(new Date()),
      list: () => Promise.resolve((names.shift() ?? []).map((key) => ({ key }))),
    },
    step: (name: string, work: () => unknown) => {
      steps.push(name)
      if (name === 'database') throw new Error('the clock is checked')
      return work()
    },
  }
  await expect(createBackup(context as unknown as BackupContext, undefined)).rejects.toThrow(
    'the clock is checked',
  )
  expect(names).toEqual([])
  expect(steps).toEqual(['clock', 'database'])
})
