import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { acquireLock, describeHolder, lockHolder, processStart } from './lock.ts'

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-lock-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A process id beyond the largest. */
const deadPid = 2 ** 22 + 1
const holder = {
  owner: 'ops@host',
  version: '1.0.0',
  startedAt: '2026-11-30T10:00:00Z',
  pid: deadPid,
  processStart: 'x',
}

it('is held by one run at a time, and names its owner, version and age', async () => {
  const folder = await newFolder()
  const lock = await acquireLock(folder, '1.2.3', 0)
  await expect(acquireLock(folder, '1.2.4', 0)).rejects.toThrow(
    /@.* deploys 1\.2\.3 since \d+ s \(process \d+\)/,
  )
  expect(await lockHolder(folder)).toMatchObject({ version: '1.2.3', pid: process.pid })
  await lock.release()
  expect(await readdir(folder)).toEqual([])
})

it('waits for a living holder as long as it is told to', async () => {
  const folder = await newFolder()
  const lock = await acquireLock(folder, '1', 0)
  const waiting = acquireLock(folder, '2', 10_000)
  await lock.release()
  await (await waiting).release()
})

it.each([
  ['whose process is gone', JSON.stringify(holder)],
  ['whose process id was given to another process', JSON.stringify({ ...holder, pid: process.pid })],
  ['that says nothing', 'rubbish'],
])('takes over a lock %s', async (_what, content) => {
  const folder = await newFolder()
  await writeFile(join(folder, 'lock.json'), content)
  const startedAt = performance.now()
  const lock = await acquireLock(folder, '2.0.0', 0)
  expect(performance.now() - startedAt).toBeLessThan(5000)
  expect(await readFile(join(folder, 'lock.json'), 'utf8')).toContain('2.0.0')
  await lock.release()
})

it('is taken over by one of many', async () => {
  const folder = await newFolder()
  await writeFile(join(folder, 'lock.json'), JSON.stringify(holder))
  const tries = await Promise.allSettled(
    Array.from({ length: 12 }, (_, index) => acquireLock(folder, String(index), 0)),
  )
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

it('is not hindered by a take-over that was killed', async () => {
  const folder = await newFolder()
  const guard = join(folder, 'lock-take-over.json')
  await writeFile(join(folder, 'lock.json'), JSON.stringify(holder))
  await writeFile(guard, '1')
  await utimes(guard, new Date(0), new Date(0))
  await (await acquireLock(folder, '1', 0)).release()
  expect(await readdir(folder)).toEqual([])
})

it('leaves a lock that became somebody else’s', async () => {
  const folder = await newFolder()
  const lock = await acquireLock(folder, '1', 0)
  await writeFile(join(folder, 'lock.json'), JSON.stringify(holder))
  await lock.release()
  expect(await readdir(folder)).toEqual(['lock.json'])
})

it('tells the age in seconds', () => {
  expect(describeHolder(holder, Date.parse('2026-11-30T10:01:30Z'))).toContain('since 90 s')
  expect(processStart(deadPid)).toBeUndefined()
})
