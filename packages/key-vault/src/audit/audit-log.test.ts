import { createFakeClock } from '@alfred/testkit'
import { AlfredError } from '@alfred/core'
import { describe, expect, it } from 'vitest'
import { keyEncryptionKeyFromBase64, withPreviousKeys } from '../key-encryption/key-encryption-key.ts'
import { sliceEntries } from './read-slices.ts'
import { type AuditLogOptions, createAuditLog } from './audit-log.ts'
import type { AuditStore } from './audit-trail.ts'

const key = (byte: number) => keyEncryptionKeyFromBase64(Buffer.alloc(32, byte).toString('base64'))

/** A store whose trail can be looked at, changed and taken away. */
function createTrail(lines: string[] = []): AuditStore & { lines: string[]; isAway: boolean } {
  const trail = {
    lines,
    isAway: false,
    // Async, so that a throw is a rejection.
    async appendAudit(expected: number, entries: readonly string[]) {
      await Promise.resolve()
      if (trail.isAway) throw new Error('disk full')
      if (trail.lines.length !== expected) return false
      trail.lines.push(...entries)
      return true
    },
    readAudit: (from: number, limit: number) =>
      Promise.resolve({ length: trail.lines.length, entries: trail.lines.slice(from, from + limit) }),
  }
  return trail
}

const open = (store: AuditStore, options: Partial<AuditLogOptions> = {}) =>
  createAuditLog({ store, keyEncryptionKey: key(1), clock: createFakeClock(1000), ...options })

const revoke = (subject: string) => ({ action: 'client-key.revoke', subject })

/** A trail of the key and five changes: eleven entries. */
async function filled() {
  const trail = createTrail()
  const audit = open(trail)
  for (const subject of ['a', 'b', 'c', 'd', 'e'])
    await audit.record(revoke(subject), () => Promise.resolve())
  return { trail, audit, head: await audit.head() }
}

it('notes who does what before it is done, and what came of it', async () => {
  const trail = createTrail()
  const audit = open(trail, { actor: 'server' })
  expect(await audit.record(revoke('a'), () => Promise.resolve(7))).toBe(7)
  const failure = new AlfredError('ALFRED_CLIENT_KEY_REVOKED', 'It is revoked.', { keyId: 'b', revokedAt: 0 })
  const failing = audit.record({ ...revoke('b'), actor: 'cli:ada', details: { reason: 'leaked' } }, () =>
    Promise.reject(failure),
  )
  await expect(failing).rejects.toBe(failure)
  await expect(audit.record(revoke('c'), () => Promise.reject(new Error('odd')))).rejects.toThrow('odd')
  const entry = { at: 1000, actor: 'server', action: 'client-key.revoke' }
  expect((await audit.read(1, 100)).map(({ ...read }) => read)).toEqual([
    { ...entry, sequence: 1, subject: 'a', outcome: 'started' },
    { ...entry, sequence: 2, subject: 'a', outcome: 'done', of: 1 },
    {
      ...entry,
      sequence: 3,
      actor: 'cli:ada',
      subject: 'b',
      outcome: 'started',
      details: { reason: 'leaked' },
    },
    {
      ...entry,
      sequence: 4,
      actor: 'cli:ada',
      subject: 'b',
      outcome: 'failed',
      of: 3,
      code: 'ALFRED_CLIENT_KEY_REVOKED',
    },
    { ...entry, sequence: 5, subject: 'c', outcome: 'started' },
    { ...entry, sequence: 6, subject: 'c', outcome: 'failed', of: 5 },
  ])
  expect(await audit.verify()).toEqual({ intact: true, head: await audit.head() })
})

it('is intact when nothing happened, and for each head it ever had', async () => {
  const trail = createTrail()
  expect(await open(trail).verify()).toEqual({ intact: true, head: { length: 0, mac: '' } })
  const heads = [{ length: 0, mac: '' }]
  const audit = open(trail)
  for (let done = 0; done < 3; done++) {
    await audit.record(revoke('a'), () => Promise.resolve())
    heads.push(await audit.head())
  }
  for (const head of heads) expect(await open(trail).verify(head)).toMatchObject({ intact: true })
})

describe('verify notices', () => {
  it.each(Array.from({ length: 11 }, (_, at) => at))('a change of entry %d', async (at) => {
    const { trail } = await filled()
    const line = trail.lines[at] ?? ''
    // Each character alone: of the text, of the code, of the braces.
    for (let index = 0; index < line.length; index += 7) {
      const changed = line[index] === 'x' ? 'y' : 'x'
      trail.lines[at] = line.slice(0, index) + changed + line.slice(index + 1)
      const found = await open(trail)
        .verify()
        .catch((error: unknown) => error)
      expect(found).not.toMatchObject({ intact: true })
    }
  })

  it.each<[string, (lines: string[]) => void, number]>([
    ['an entry left out', (lines) => lines.splice(4, 1), 4],
    ['an entry twice', (lines) => lines.splice(4, 0, lines[4] ?? ''), 5],
    ['two entries that changed places', (lines) => lines.splice(4, 2, lines[5] ?? '', lines[4] ?? ''), 4],
    ['an entry of nobody', (lines) => lines.splice(4, 0, '{"sequence":4}'), 4],
    ['an empty line', (lines) => lines.push(''), 11],
    ['the beginning left out', (lines) => lines.splice(0, 3), 0],
    ['the key left out', (lines) => lines.splice(0, 1), 0],
  ])('%s', async (_what, change, at) => {
    const { trail } = await filled()
    change(trail.lines)
    expect(await open(trail).verify()).toEqual({ intact: false, at, reason: 'altered' })
  })

  it('an end that was cut off, by a head from before', async () => {
    const { trail, head } = await filled()
    for (const left of [10, 5, 1]) {
      trail.lines.splice(left)
      expect(await open(trail).verify()).toMatchObject({ intact: true })
      expect(await open(trail).verify(head)).toEqual({ intact: false, at: left, reason: 'truncated' })
    }
    trail.lines.splice(0)
    expect(await open(trail).verify(head)).toEqual({ intact: false, at: 0, reason: 'truncated' })
  })

  it('another trail in place of it', async () => {
    const { head } = await filled()
    const { trail } = await filled()
    expect(await open(trail).verify(head)).toEqual({ intact: false, at: 0, reason: 'replaced' })
  })
})

it('stops changes when the trail is cut or changed while it is in use', async () => {
  for (const change of [(lines: string[]) => lines.splice(5), (lines: string[]) => lines.push('{}')]) {
    const { trail, audit } = await filled()
    change(trail.lines)
    let done = false
    const work = audit.record(revoke('f'), () => Promise.resolve((done = true)))
    await expect(work).rejects.toMatchObject({
      code: 'ALFRED_VAULT_AUDIT_UNAVAILABLE',
      cause: { code: 'ALFRED_VAULT_TAMPERED' },
    })
    expect(done).toBe(false)
  }
})

it('does nothing while the trail cannot be written, and says what was done when it fails in between', async () => {
  const { trail, audit } = await filled()
  trail.isAway = true
  let done = 0
  await expect(audit.record(revoke('f'), () => Promise.resolve((done += 1)))).rejects.toMatchObject({
    code: 'ALFRED_VAULT_AUDIT_UNAVAILABLE',
    details: { action: 'client-key.revoke', isDone: false },
    message: 'Nothing was done: the audit trail cannot be written.',
  })
  expect(done).toBe(0)
  trail.isAway = false
  const between = audit.record(revoke('g'), () => {
    trail.isAway = true
    return Promise.resolve((done += 1))
  })
  await expect(between).rejects.toMatchObject({ message: expect.stringContaining('was done') as string })
  expect(done).toBe(1)
  trail.isAway = false
  await audit.record(revoke('h'), () => Promise.resolve())
  expect(await audit.verify()).toMatchObject({ intact: true })
})

it('is written by several processes at once', async () => {
  const trail = createTrail()
  const writers = Array.from({ length: 6 }, (_, index) => open(trail, { actor: `process ${String(index)}` }))
  await Promise.all(
    writers.flatMap((audit) => [1, 2, 3].map(() => audit.record(revoke('a'), () => Promise.resolve()))),
  )
  expect(trail.lines).toHaveLength(1 + 6 * 3 * 2)
  expect(await open(trail).verify()).toMatchObject({ intact: true })
})

it.each<[string, (audit: ReturnType<typeof open>) => Promise<unknown>]>([
  ['verified', (audit) => audit.verify()],
  ['counted', (audit) => audit.countDone('client-key.', 'client-key.restored')],
  ['searched', (audit) => audit.lastDone('vault.')],
  ['followed', (audit) => audit.head()],
])('is %s a slice at a time, and other work is done after each', async (_how, read) => {
  const trail = createTrail()
  const writer = open(trail)
  await writer.record({ action: 'vault.change', subject: 'openai' }, () => Promise.resolve())
  const audit = open(trail)
  await audit.head()
  for (let change = 0; change < 2 * sliceEntries; change++)
    await writer.record(revoke('a'), () => Promise.resolve())

  let turns = 0
  let reading = true
  const count = (): void => {
    turns += 1
    if (reading) setImmediate(count)
  }
  setImmediate(count)
  await read(audit)
  reading = false
  expect(turns).toBeGreaterThanOrEqual(3)
})

it('is read with another key-encryption key once its key was wrapped anew, and with the one before', async () => {
  const { trail, audit } = await filled()
  await expect(open(trail, { keyEncryptionKey: key(2) }).verify()).rejects.toMatchObject({
    code: 'ALFRED_VAULT_WRONG_KEY',
  })
  const both = open(trail, { keyEncryptionKey: withPreviousKeys(key(2), key(1)) })
  await both.rewrap()
  await both.rewrap()
  expect(trail.lines).toHaveLength(12)
  const renewed = open(trail, { keyEncryptionKey: key(2) })
  await renewed.record(revoke('f'), () => Promise.resolve())
  await audit.record(revoke('g'), () => Promise.resolve())
  expect(await renewed.verify()).toMatchObject({ intact: true })
  expect(await audit.verify(await renewed.head())).toMatchObject({ intact: true })
})
