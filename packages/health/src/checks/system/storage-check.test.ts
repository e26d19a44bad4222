import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { storageCheck } from './storage-check.ts'

const signal = new AbortController().signal

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'alfred-storage-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

it.each([
  ['pass', { warnBelowFree: 0, failBelowFree: 0 }, undefined],
  ['warn', { warnBelowFree: 1, failBelowFree: 0 }, 'the file system is nearly full'],
  ['fail', { warnBelowFree: 1, failBelowFree: 1 }, 'the file system is nearly full'],
])('writes, leaves nothing behind and gives %s for %j', async (status, options, output) => {
  const path = await folder()
  const result = await storageCheck(path, options).check(signal)
  expect(result).toMatchObject({ status, output, measurements: [{ name: 'free' }, { name: 'freeFiles' }] })
  expect(await readdir(path)).toEqual([])
})

it('fails where it cannot write', async () => {
  const { check } = storageCheck(join(await folder(), 'missing'))
  await expect(check(signal)).rejects.toMatchObject({ code: 'ENOENT' })
})

it('does not write when its time is up', async () => {
  const path = await folder()
  await expect(storageCheck(path).check(AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
  expect(await readdir(path)).toEqual([])
})
