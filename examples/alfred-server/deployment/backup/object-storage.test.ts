import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FakeObjectStorage, startFakeObjectStorage } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { type ObjectStorage, openObjectStorage } from './object-storage.ts'

const { signal } = new AbortController()

async function start(
  prefix = '/alfred',
  changes: { readonly secretKey?: string } = {},
): Promise<{ readonly fake: FakeObjectStorage; readonly storage: ObjectStorage }> {
  const fake = await startFakeObjectStorage()
  onTestFinished(() => fake.stop())
  const { accessKey, secretKey } = { ...fake, ...changes }
  const storage = openObjectStorage({
    url: new URL(`${fake.url}${prefix}`),
    region: 'eu-central-1',
    credentials: { accessKey, secretKey },
  })
  return { fake, storage }
}

it('keeps files below its prefix, and lists them all', async () => {
  const { fake, storage } = await start()
  const folder = await mkdtemp(join(tmpdir(), 'alfred-storage-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const content = Buffer.alloc(300_000, 'backup')
  const path = join(folder, 'dump')
  await writeFile(path, content)
  const sha256 = createHash('sha256').update(content).digest('hex')
  await storage.put('20261201T000000Z/database', { path, bytes: content.length, sha256 }, signal)
  expect(fake.objects.get('alfred/20261201T000000Z/database')?.equals(content)).toBe(true)
  // More than a page of the list, and one that is not ours.
  fake.objects.set('other/file', Buffer.from('x'))
  for (let count = 0; count < 12; count += 1) await storage.putText(`many/${String(count)}`, 'text', signal)
  const listed = await storage.list(signal)
  expect(listed).toHaveLength(13)
  expect(listed[0]).toEqual({ key: '20261201T000000Z/database', bytes: 300_000 })
  await storage.remove('many/3', signal)
  expect(await storage.list(signal)).toHaveLength(12)
  expect(await storage.readText('many/4', signal)).toBe('text')
  expect(Math.abs((await storage.now(signal)).getTime() - Date.now())).toBeLessThan(60_000)
})

it('throws with what the storage says', async () => {
  const { fake, storage } = await start('')
  await expect(storage.readText('none', signal)).rejects.toThrow('404 NoSuchKey')
  fake.faults.add('refuse')
  await expect(storage.putText('a', 'text', signal)).rejects.toThrow('507 InsufficientStorage')
  const stranger = await start('', { secretKey: 'wrong' })
  await expect(stranger.storage.list(signal)).rejects.toThrow('403 SignatureDoesNotMatch')
})

it('notices a storage that does not keep what it was sent', async () => {
  const { fake, storage } = await start()
  fake.faults.add('truncate')
  await expect(storage.putText('a', 'a long text', signal)).rejects.toThrow('other bytes than were sent')
})

it('refuses addresses without a bucket, and keys that would need an escape', async () => {
  const credentials = { accessKey: 'a', secretKey: 'b' }
  const open = (url: string): ObjectStorage =>
    openObjectStorage({ url: new URL(url), region: 'x', credentials })
  for (const url of ['https://s3.test', 'https://s3.test/', 'https://s3.test/bucket/with%20space']) {
    expect(() => open(url)).toThrow('https://ENDPOINT/BUCKET')
  }
  const storage = open('https://s3.test/bucket')
  await expect(Promise.resolve().then(() => storage.read('../other', signal))).rejects.toThrow('no key')
})
