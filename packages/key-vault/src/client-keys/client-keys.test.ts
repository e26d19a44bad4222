import { inspect } from 'node:util'
import { AlfredConfigError } from '@alfred/core'
import { describe, expect, it } from 'vitest'
import { createAuditLog } from '../audit/audit-log.ts'
import { keyEncryptionKeyFromBase64 } from '../key-encryption/key-encryption-key.ts'
import { createMemoryVaultStore } from '../stores/memory-vault-store.ts'
import { createClientKeysFixture, pass, settle, testKey } from '../../test/client-keys-fixture.ts'
import { createClientKeys } from './client-keys.ts'
import { createClientKeyFormat, createClientKeyId } from './records/client-key-text.ts'
import { createMemoryClientKeyStore } from './stores/memory-client-key-store.ts'

const day = 86_400_000
const wellFormed = (): string => createClientKeyFormat('alf', 'live').write(createClientKeyId())

describe('a key', () => {
  it('verifies, with its name, tenant and scopes', async () => {
    const { clientKeys, clock, told } = createClientKeysFixture()
    const expiresAt = clock.now() + day
    const { key, secret } = await clientKeys.create({
      name: 'Build server',
      tenant: 'acme',
      scopes: ['chat:write', 'chat:read', 'chat:write'],
      expiresAt,
    })
    const expected = {
      id: key.id,
      name: 'Build server',
      tenant: 'acme',
      scopes: ['chat:write', 'chat:read'],
      status: 'active',
      createdAt: clock.now(),
      expiresAt,
    }
    expect(key).toMatchObject(expected)
    expect(secret.reveal()).toContain(`alf_live_${key.id}_`)
    expect(await clientKeys.verify(secret.reveal())).toMatchObject({ valid: true, key: expected })
    expect(told).toEqual([['client-key.changed', { keyId: key.id, change: 'created' }]])
  })

  it('verifies in another process, also one that starts later', async () => {
    const fixture = createClientKeysFixture()
    const { secret } = await fixture.clientKeys.create({ name: 'a' })
    for (let process = 0; process < 2; process++) {
      expect(await fixture.other().clientKeys.verify(secret.reveal())).toMatchObject({ valid: true })
    }
  })

  it('is asked of the store once, and then known', async () => {
    const fixture = createClientKeysFixture()
    const { secret } = await fixture.clientKeys.create({ name: 'a' })
    const { clientKeys, store } = fixture.other()
    await Promise.all([clientKeys.verify(secret.reveal()), clientKeys.verify(secret.reveal())])
    await clientKeys.verify(secret.reveal())
    expect(store.finds).toBe(1)
  })

  it('ends at its expiry', async () => {
    const { clientKeys, clock } = createClientKeysFixture()
    const { key, secret } = await clientKeys.create({ name: 'a', expiresAt: clock.now() + 1000 })
    clock.advance(999)
    expect(await clientKeys.verify(secret.reveal())).toMatchObject({ valid: true })
    clock.advance(1)
    expect(await clientKeys.verify(secret.reveal())).toMatchObject({ valid: false, reason: 'expired' })
    expect(await clientKeys.list()).toEqual([expect.objectContaining({ id: key.id, status: 'expired' })])
    await expect(clientKeys.rotate(key.id)).rejects.toMatchObject({ code: 'ALFRED_CLIENT_KEY_EXPIRED' })
  })

  it.each<[string, (text: string) => string, string]>([
    ['a mistyped one', (text) => `${text.slice(0, -1)}_`, 'malformed'],
    ['nothing', () => '', 'malformed'],
    ['one that was never made', wellFormed, 'unknown'],
    [
      'another secret of the same id',
      (text) => createClientKeyFormat('alf', 'live').write(text.slice(9, 21)),
      'wrong-secret',
    ],
    [
      'one of a test deployment',
      (text) => createClientKeyFormat('alf', 'test').write(text.slice(9, 21)),
      'malformed',
    ],
  ])('is not %s', async (_what, change, reason) => {
    const { clientKeys } = createClientKeysFixture()
    const { secret } = await clientKeys.create({ name: 'a' })
    expect(await clientKeys.verify(change(secret.reveal()))).toMatchObject({ valid: false, reason })
  })

  it.each([
    [{ name: '' }],
    [{ name: 'a\nb' }],
    [{ name: 'a', scopes: ['with space'] }],
    [{ name: 'a', scopes: ['"quoted"'] }],
    [{ name: 'a', tenant: 'a b' }],
    [{ name: 'a', expiresAt: 5 }],
    [{ name: 'a', scope: 'chat' }],
  ])('is not made with %j', async (given) => {
    const { clientKeys } = createClientKeysFixture()
    await expect(clientKeys.create(given)).rejects.toMatchObject({ code: 'ALFRED_CONFIG_INVALID' })
  })
})

describe('rotation', () => {
  it('accepts both secrets until the overlap is over, and tells who still sends the old one', async () => {
    const { clientKeys, clock, told } = createClientKeysFixture()
    const old = await clientKeys.create({ name: 'a', scopes: ['chat:read'] })
    const issued = await clientKeys.rotate(old.key.id, { overlapMs: day })
    expect(issued.key).toMatchObject({
      id: old.key.id,
      scopes: ['chat:read'],
      overlapEndsAt: clock.now() + day,
    })
    expect(issued.secret.reveal()).not.toBe(old.secret.reveal())
    told.length = 0

    clock.jump(day - 1)
    expect(await clientKeys.verify(old.secret.reveal())).toMatchObject({ valid: true })
    expect(await clientKeys.verify(old.secret.reveal())).toMatchObject({ valid: true })
    expect(await clientKeys.verify(issued.secret.reveal())).toMatchObject({ valid: true })
    expect(told).toEqual([['client-key.used-after-rotation', { keyId: old.key.id, accepted: true }]])

    clock.jump(day)
    expect(await clientKeys.verify(old.secret.reveal())).toMatchObject({ valid: false, reason: 'rotated' })
    expect(await clientKeys.verify(issued.secret.reveal())).toMatchObject({ valid: true })
    expect(told.at(-1)).toEqual(['client-key.used-after-rotation', { keyId: old.key.id, accepted: false }])
    expect((await clientKeys.list())[0]?.overlapEndsAt).toBeUndefined()
  })

  it('without an overlap ends the old secret at once', async () => {
    const { clientKeys } = createClientKeysFixture()
    const old = await clientKeys.create({ name: 'a' })
    const issued = await clientKeys.rotate(old.key.id, { overlapMs: 0 })
    expect(await clientKeys.verify(old.secret.reveal())).toMatchObject({ reason: 'rotated' })
    expect(await clientKeys.verify(issued.secret.reveal())).toMatchObject({ valid: true })
  })

  it('twice in a row keeps what the first promised', async () => {
    const { clientKeys, clock } = createClientKeysFixture()
    const first = await clientKeys.create({ name: 'a' })
    const second = await clientKeys.rotate(first.key.id, { overlapMs: day })
    const third = await clientKeys.rotate(first.key.id, { overlapMs: 2 * day })
    const accepted = () =>
      Promise.all(
        [first, second, third].map(async ({ secret }) => (await clientKeys.verify(secret.reveal())).valid),
      )
    expect(await accepted()).toEqual([true, true, true])
    clock.jump(day)
    expect(await accepted()).toEqual([false, true, true])
    clock.jump(day)
    expect(await accepted()).toEqual([false, false, true])
  })

  it('has a bound on valid secrets', async () => {
    const { clientKeys, clock } = createClientKeysFixture()
    const { key } = await clientKeys.create({ name: 'a' })
    for (let done = 0; done < 7; done++) await clientKeys.rotate(key.id)
    await expect(clientKeys.rotate(key.id)).rejects.toMatchObject({
      code: 'ALFRED_CLIENT_KEY_TOO_MANY_SECRETS',
      details: { keyId: key.id, maxSecrets: 8, retryAt: clock.now() + day },
    })
    await clientKeys.rotate(key.id, { overlapMs: 0 })
  })

  it.each([[-1], [0.5], [NaN], [400 * day]])('refuses an overlap of %d ms', async (overlapMs) => {
    const { clientKeys } = createClientKeysFixture()
    const { key } = await clientKeys.create({ name: 'a' })
    await expect(clientKeys.rotate(key.id, { overlapMs })).rejects.toMatchObject({
      code: 'ALFRED_CONFIG_INVALID',
    })
  })
})

describe('revocation', () => {
  it('is effective here at once, and final', async () => {
    const { clientKeys, clock } = createClientKeysFixture()
    const { key, secret } = await clientKeys.create({ name: 'a' })
    expect(await clientKeys.revoke(key.id)).toMatchObject({ status: 'revoked' })
    expect(await clientKeys.verify(secret.reveal())).toMatchObject({ valid: false, reason: 'revoked' })
    for (const again of [clientKeys.revoke(key.id), clientKeys.rotate(key.id)]) {
      await expect(again).rejects.toMatchObject({
        code: 'ALFRED_CLIENT_KEY_REVOKED',
        details: { keyId: key.id, revokedAt: clock.now() },
      })
    }
  })

  it('reaches another process within a poll, without a notification', async () => {
    const fixture = createClientKeysFixture({ pollMs: 5000 })
    const { clientKeys, clock } = fixture
    const { key, secret } = await clientKeys.create({ name: 'a' })
    const elsewhere = fixture.other()
    expect(await elsewhere.clientKeys.verify(secret.reveal())).toMatchObject({ valid: true })
    await clientKeys.revoke(key.id)
    expect(await elsewhere.clientKeys.verify(secret.reveal())).toMatchObject({ valid: true })
    clock.advance(5000)
    await settle()
    expect(await elsewhere.clientKeys.verify(secret.reveal())).toMatchObject({ reason: 'revoked' })
  })

  it('is not undone by an answer that was under way', async () => {
    const fixture = createClientKeysFixture()
    const { clientKeys } = fixture
    const { key, secret } = await clientKeys.create({ name: 'a' })
    const elsewhere = fixture.other()
    elsewhere.store.afterFind = async () => {
      elsewhere.store.afterFind = undefined
      await clientKeys.revoke(key.id)
      await elsewhere.clientKeys.ping()
    }
    expect(await elsewhere.clientKeys.verify(secret.reveal())).toMatchObject({ reason: 'revoked' })
  })

  it('a key that was unknown is accepted within a poll after it was made', async () => {
    const fixture = createClientKeysFixture({ pollMs: 5000 })
    const unknown = wellFormed()
    const { clientKeys, clock, store } = fixture.other()
    expect(await clientKeys.verify(unknown)).toMatchObject({ reason: 'unknown' })
    expect(await clientKeys.verify(unknown)).toMatchObject({ reason: 'unknown' })
    expect(store.finds).toBe(1)
    const { secret } = await fixture.clientKeys.create({ name: 'a' })
    clock.advance(5000)
    await settle()
    expect(await clientKeys.verify(secret.reveal())).toMatchObject({ valid: true })
  })

  it.each([
    ['key000000001', { keyId: 'key000000001' }],
    ['../../etc', {}],
    ['', {}],
  ])('says that there is no key %j, and repeats only what is an id', async (id, details) => {
    const { clientKeys } = createClientKeysFixture()
    await expect(clientKeys.revoke(id)).rejects.toMatchObject({
      code: 'ALFRED_CLIENT_KEY_NOT_FOUND',
      details,
    })
  })
})

describe('invalid keys', () => {
  it('of one address are limited before they are looked up; known valid keys pass', async () => {
    const { clientKeys, clock, store } = createClientKeysFixture({
      invalidLimit: { limit: 3, windowMs: 60_000 },
    })
    const { secret } = await clientKeys.create({ name: 'a' })
    await clientKeys.verify(secret.reveal(), '192.0.2.1')
    store.finds = 0
    for (let sent = 0; sent < 3; sent++) {
      expect(await clientKeys.verify(wellFormed(), '192.0.2.1')).toMatchObject({ reason: 'unknown' })
    }
    clock.advance(5000)
    for (const text of [
      wellFormed(),
      'rubbish',
      createClientKeyFormat('alf', 'live').write(secret.reveal().slice(9, 21)),
    ]) {
      expect(await clientKeys.verify(text, '192.0.2.1')).toEqual({
        valid: false,
        reason: 'limited',
        retryAfterMs: 55_000,
      })
    }
    expect(store.finds).toBe(3)
    expect(await clientKeys.verify(secret.reveal(), '192.0.2.1')).toMatchObject({ valid: true })
    expect(await clientKeys.verify(wellFormed(), '192.0.2.2')).toMatchObject({ reason: 'unknown' })
    await pass(clock, 55_000)
    expect(await clientKeys.verify(wellFormed(), '192.0.2.1')).toMatchObject({ reason: 'unknown' })
  })

  it('count by the network of an IPv6 address, and not at all without an address', async () => {
    const { clientKeys } = createClientKeysFixture({ invalidLimit: { limit: 1, windowMs: 60_000 } })
    expect(await clientKeys.verify('x', '2001:db8::1')).toMatchObject({ reason: 'malformed' })
    expect(await clientKeys.verify('x', '2001:db8::2')).toMatchObject({ reason: 'limited' })
    expect(await clientKeys.verify('x', '2001:db8:0:1::2')).toMatchObject({ reason: 'malformed' })
    for (let sent = 0; sent < 3; sent++)
      expect(await clientKeys.verify('x')).toMatchObject({ reason: 'malformed' })
  })

  it('do not count when they turn out valid, or when nobody can tell', async () => {
    const fixture = createClientKeysFixture({ invalidLimit: { limit: 1, windowMs: 60_000 } })
    const secrets = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => (await fixture.clientKeys.create({ name })).secret),
    )
    const { clientKeys, store } = fixture.other()
    for (const secret of secrets) {
      expect(await clientKeys.verify(secret.reveal(), '192.0.2.1')).toMatchObject({ valid: true })
    }
    store.fault = 'refuses'
    for (let sent = 0; sent < 3; sent++) {
      expect(await clientKeys.verify(wellFormed(), '192.0.2.1')).toMatchObject({ reason: 'unavailable' })
    }
  })
})

describe('while the store is away', () => {
  it.each(['refuses', 'hangs'] as const)(
    'and %s, known keys are accepted for the grace, and unknown ones are never called invalid',
    async (fault) => {
      const fixture = createClientKeysFixture({ outageGraceMs: 60_000, deadlineMs: 1000, pollMs: 5000 })
      const known = (await fixture.clientKeys.create({ name: 'known' })).secret.reveal()
      const cold = (await fixture.clientKeys.create({ name: 'cold' })).secret.reveal()
      const { clientKeys, clock, store, told } = fixture.other()
      await clientKeys.verify(known)
      store.fault = fault

      const first = clientKeys.verify(cold)
      clock.advance(1000)
      expect(await first).toMatchObject({ reason: 'unavailable', retryAfterMs: 1000 })
      // Known to be away: nobody waits any more.
      expect(await clientKeys.verify(cold)).toMatchObject({ reason: 'unavailable' })
      expect(await clientKeys.verify(known)).toMatchObject({ valid: true })
      await pass(clock, 58_000)
      expect(await clientKeys.verify(known)).toMatchObject({ valid: true })
      await pass(clock, 2000)
      expect(await clientKeys.verify(known)).toMatchObject({ reason: 'unavailable' })
      expect(told).toEqual([['client-key.store-unavailable', { graceMs: 60_000 }]])

      store.fault = 'none'
      await pass(clock, 5000)
      expect(await clientKeys.verify(known)).toMatchObject({ valid: true })
      expect(await clientKeys.verify(cold)).toMatchObject({ valid: true })
      expect(told.map(([name]) => name)).toEqual([
        'client-key.store-unavailable',
        'client-key.store-recovered',
      ])
    },
  )

  it('starts all the same, and recovers', async () => {
    const { clientKeys, clock, store } = createClientKeysFixture()
    store.fault = 'refuses'
    const ready = clientKeys.ready()
    await settle()
    clock.advance(1000)
    await ready
    expect(await clientKeys.verify(wellFormed())).toMatchObject({ reason: 'unavailable' })
    await expect(clientKeys.create({ name: 'a' })).rejects.toThrow('connection refused')
    store.fault = 'none'
    clock.advance(500)
    await settle()
    const { secret } = await clientKeys.create({ name: 'a' })
    expect(await clientKeys.verify(secret.reveal())).toMatchObject({ valid: true })
  })

  it('or has lost its content, keys are not called invalid', async () => {
    const fixture = createClientKeysFixture({ pollMs: 1000 })
    const { secret } = await fixture.clientKeys.create({ name: 'a' })
    const empty = createMemoryClientKeyStore()
    fixture.store.behind = empty
    fixture.clock.advance(1000)
    await settle()
    expect(await fixture.clientKeys.verify(secret.reveal())).toMatchObject({ reason: 'unavailable' })
  })

  it('limits how many look-ups are under way', async () => {
    const { clientKeys, store, clock } = createClientKeysFixture()
    await clientKeys.ready()
    store.fault = 'hangs'
    const verdicts = Array.from({ length: 150 }, () => clientKeys.verify(wellFormed()))
    await settle()
    expect(store.finds).toBe(100)
    expect(await verdicts.at(-1)).toMatchObject({ reason: 'unavailable' })
    clock.advance(1000)
    await Promise.all(verdicts)
  })
})

it('writes times of last use in batches', async () => {
  const { clientKeys, clock } = createClientKeysFixture({ lastUsedFlushMs: 60_000 })
  const { secret } = await clientKeys.create({ name: 'a' })
  clock.advance(1000)
  const usedAt = clock.now()
  for (let used = 0; used < 10; used++) await clientKeys.verify(secret.reveal())
  expect((await clientKeys.list())[0]?.lastUsedAt).toBeUndefined()
  await pass(clock, 59_000)
  expect((await clientKeys.list())[0]?.lastUsedAt).toBe(usedAt)
})

it('notices records that were changed, moved or made by others', async () => {
  const shared = createMemoryClientKeyStore()
  const { clientKeys } = createClientKeysFixture({}, shared)
  const a = await clientKeys.create({ name: 'a', scopes: ['chat:read'] })
  const b = await clientKeys.create({ name: 'b', scopes: ['admin'] })
  const stored = await shared.find(b.key.id)
  await shared.write(a.key.id, 1, stored?.data ?? '')
  const reader = createClientKeysFixture({}, shared)
  expect(await reader.clientKeys.verify(a.secret.reveal())).toMatchObject({ reason: 'unavailable' })
  expect(await reader.clientKeys.verify(b.secret.reveal())).toMatchObject({ valid: true })
  expect(reader.logged).toContainEqual([
    { err: expect.objectContaining({ code: 'ALFRED_VAULT_TAMPERED' }) as unknown },
    'a client key was refused: its record cannot be trusted',
  ])
  await expect(reader.clientKeys.list()).rejects.toMatchObject({ code: 'ALFRED_VAULT_TAMPERED' })
})

it('does not open under another key-encryption key', async () => {
  const shared = createMemoryClientKeyStore()
  await createClientKeysFixture({}, shared).clientKeys.create({ name: 'a' })
  const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 8).toString('base64'))
  const { clientKeys } = createClientKeysFixture({ keyEncryptionKey }, shared)
  await expect(clientKeys.ready()).rejects.toMatchObject({ code: 'ALFRED_VAULT_WRONG_KEY' })
})

it('keeps keys and hashes out of the store, the log, the events and every way to print', async () => {
  const shared = createMemoryClientKeyStore()
  const { clientKeys, logged, told } = createClientKeysFixture({}, shared)
  const issued = await clientKeys.create({ name: 'a' })
  const rotated = await clientKeys.rotate(issued.key.id)
  await clientKeys.verify(issued.secret.reveal())
  const failure = await clientKeys.rotate(issued.secret.reveal()).catch((error: unknown) => error)
  const printed = [issued, rotated, clientKeys, await clientKeys.list(), logged, told, failure]
    .map((what) => inspect(what, { depth: 9 }) + JSON.stringify(what) + String(what))
    .join('\n')
  const stored = JSON.stringify(await shared.list(undefined, 10))
  for (const { secret } of [issued, rotated]) {
    const part = secret.reveal().slice(22, 40)
    expect(printed).not.toContain(part)
    expect(stored).not.toContain(part)
  }
})

describe('with an audit trail', () => {
  const audited = () => {
    const store = createMemoryVaultStore()
    const trail = { ...store, isAway: false }
    trail.appendAudit = (expected, entries) =>
      trail.isAway ? Promise.reject(new Error('disk full')) : store.appendAudit(expected, entries)
    const audit = createAuditLog({ store: trail, keyEncryptionKey: testKey, actor: 'server' })
    return { trail, audit, ...createClientKeysFixture({ audit }) }
  }

  it('notes every change, by whom and with what end, and no secret', async () => {
    const { audit, clientKeys } = audited()
    const { key, secret } = await clientKeys.create({ name: 'a', scopes: ['b', 'c'] }, { actor: 'admin:ada' })
    const { secret: next } = await clientKeys.rotate(key.id, { overlapMs: 5 })
    await clientKeys.revoke(key.id)
    await clientKeys.revoke(key.id).catch(() => undefined)
    await clientKeys.revoke(secret.reveal()).catch(() => undefined)
    const entries = await audit.read(1, 100)
    expect(entries.map(({ actor, action, outcome, code }) => [actor, action, outcome, code])).toEqual([
      ['admin:ada', 'client-key.create', 'started', undefined],
      ['admin:ada', 'client-key.create', 'done', undefined],
      ['server', 'client-key.rotate', 'started', undefined],
      ['server', 'client-key.rotate', 'done', undefined],
      ['server', 'client-key.revoke', 'started', undefined],
      ['server', 'client-key.revoke', 'done', undefined],
      ['server', 'client-key.revoke', 'started', undefined],
      ['server', 'client-key.revoke', 'failed', 'ALFRED_CLIENT_KEY_REVOKED'],
    ])
    expect(entries.every(({ subject }) => subject === key.id)).toBe(true)
    expect(entries[0]?.details).toEqual({ name: 'a', tenant: 'default', scopes: 'b c' })
    for (const issued of [secret, next]) {
      expect(JSON.stringify(entries)).not.toContain(issued.reveal().slice(22, 40))
    }
  })

  it('changes nothing while it cannot be written, and verifies all the same', async () => {
    const { trail, clientKeys } = audited()
    const { key, secret } = await clientKeys.create({ name: 'a' })
    trail.isAway = true
    const changes = [clientKeys.create({ name: 'b' }), clientKeys.rotate(key.id), clientKeys.revoke(key.id)]
    for (const change of changes) {
      await expect(change).rejects.toMatchObject({ code: 'ALFRED_VAULT_AUDIT_UNAVAILABLE' })
    }
    expect(await clientKeys.list()).toEqual([expect.objectContaining({ id: key.id, status: 'active' })])
    expect(await clientKeys.verify(secret.reveal())).toMatchObject({ valid: true })
  })
})

it('stops its timers, and writes what it noted, when it is closed', async () => {
  const { clientKeys, clock, store } = createClientKeysFixture()
  const { key, secret } = await clientKeys.create({ name: 'a' })
  await clientKeys.verify(secret.reveal())
  await clientKeys.close()
  expect(clock.pendingTimers).toBe(0)
  expect((await store.find(key.id))?.lastUsedAt).toBe(clock.now())
  await expect(clientKeys.create({ name: 'b' })).rejects.toMatchObject({ code: 'ALFRED_LIFECYCLE_CLOSED' })
})

it('names every option that is wrong', () => {
  const wrong = {
    stor: 1,
    prefix: 'A',
    environment: 'prod',
    invalidLimit: { limit: 0 },
    keyEncryptionKey: {},
  }
  const refused = (): unknown => {
    try {
      return createClientKeys(wrong as never)
    } catch (error) {
      return error instanceof AlfredConfigError ? error.problems.map(({ path }) => path).sort() : error
    }
  }
  expect(refused()).toEqual([
    'clientKeys.environment',
    'clientKeys.invalidLimit.limit',
    'clientKeys.invalidLimit.windowMs',
    'clientKeys.keyEncryptionKey',
    'clientKeys.prefix',
    'clientKeys.stor',
    'clientKeys.store',
  ])
})
