import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { diskCheck } from './disk-check.ts'

const signal = new AbortController().signal

it.each([
  ['pass', { warnBelowFree: 0, failBelowFree: 0 }],
  ['warn', { warnBelowFree: 1, failBelowFree: 0 }],
  ['fail', { warnBelowFree: 1, failBelowFree: 1 }],
])('%s with %j, and nothing written', async (status, options) => {
  const path = await mkdtemp(join(tmpdir(), 'alfred-disk-'))
  onTestFinished(() => rm(path, { recursive: true }))
  await expect(diskCheck(path, options).check(signal)).resolves.toMatchObject({
    status,
    measurements: [{ name: 'free', observedUnit: 'percent' }, { name: 'freeFiles' }],
  })
  expect(await readdir(path)).toEqual([])
})

it('fails where there is nothing', async () => {
  await expect(diskCheck('/nowhere/at/all').check(signal)).rejects.toMatchObject({ code: 'ENOENT' })
})
