import { startFakeObjectStorage } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { readInventory } from './inventory.ts'
import { keyOfManifest, keyOfPart, writeManifest } from './manifest.ts'
import { openObjectStorage } from './object-storage.ts'

const { signal } = new AbortController()

it('has the backups of one environment, and those from before they had a name', async () => {
  const fake = await startFakeObjectStorage()
  onTestFinished(() => fake.stop())
  const storage = openObjectStorage({
    url: new URL(`${fake.url}/alfred`),
    region: 'us-east-1',
    credentials: fake,
  })
  const database = { contentBytes: 1, contentSha256: '', bytes: 4, sha256: '' }
  for (const [day, environment] of [undefined, 'production', 'staging'].entries()) {
    const id = `2026120${String(day + 1)}T000000Z`
    const about = { id, createdAt: '', environment, release: undefined, serverVersion: '18.4' }
    await storage.putText(keyOfPart(id, 'database'), 'dump', signal)
    await storage.putText(
      keyOfManifest(id),
      writeManifest({ ...about, tables: [], parts: { database } }),
      signal,
    )
  }
  const goodOf = async (environment: string): Promise<readonly string[]> =>
    (await readInventory(storage, environment, signal)).filter(({ isGood }) => isGood).map(({ id }) => id)
  expect(await goodOf('production')).toEqual(['20261201T000000Z', '20261202T000000Z'])
  expect(await goodOf('staging')).toEqual(['20261201T000000Z', '20261203T000000Z'])
})
