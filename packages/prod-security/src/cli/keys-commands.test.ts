import { randomBytes } from 'node:crypto'
import { appendFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createFileVaultStore, keyEncryptionKeyFromFile } from '@alfred/key-vault'
import { createClientKeys, createFileClientKeyStore } from '@alfred/key-vault/client-keys'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runClientKeysCommand } from './client-keys-command.ts'
import type { CommandEnvironment } from './command-environment.ts'
import { runKeysCommand } from './keys-command.ts'

/** A folder with a key, and the commands as functions: a process of its own for each would take seconds. */
async function createTerminal() {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-cli-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const at = (name: string): string => join(folder, name)
  const newKey = (name: string) =>
    writeFile(at(name), `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 })
  await newKey('vault.key')

  const files = ['vault.key', 'next.key', 'keys.vault', 'client-keys', 'head.json', 'cli.json', 'backup-1']
  const run = async ([command, ...args]: readonly string[], input = '', env: Record<string, string> = {}) => {
    let [out, error] = ['', '']
    const environment: CommandEnvironment = {
      env,
      stdin: Readable.from([input]),
      stdout: { write: (text: string) => (out += text) },
      stderr: { write: (text: string) => (error += text) },
    }
    const placed = args.map((arg) => (files.includes(arg) ? at(arg) : arg))
    const code = await (command === 'keys' ? runKeysCommand : runClientKeysCommand)(placed, environment)
    return { code, out, error }
  }
  const flags = ['--store', 'keys.vault', '--key-file', 'vault.key', '--actor', 'test']
  const keys = (args: string, input = '') => run(['keys', ...args.split(' '), ...flags], input)
  const clientKeys = (args: string) =>
    run([
      'client-keys',
      ...args.split(' '),
      '--store',
      'client-keys',
      '--key-file',
      'vault.key',
      '--actor',
      'test',
    ])
  return { at, newKey, run, keys, clientKeys }
}

const json = (text: string): unknown => JSON.parse(text)

it('keeps provider keys through their life, and notes it', async () => {
  const { at, newKey, keys, run } = await createTerminal()
  expect(await keys('add openai', 'sk-first\n')).toEqual({
    code: 0,
    out: 'openai version 1 is current.\n',
    error: '',
  })
  expect(await keys('stage openai --json', 'sk-second')).toMatchObject({ code: 0 })
  expect(await keys('rotate openai')).toMatchObject({ code: 0 })
  expect(await keys('rotate openai')).toMatchObject({
    code: 1,
    error: expect.stringContaining('Stage one first') as string,
  })
  const due = await keys('revoke openai 1 --json')
  expect(due.code).toBe(4)
  expect(json(due.out)).toEqual({ provider: 'openai', version: 1, stage: 'revocation-due' })
  expect((await keys('list')).out).toMatch(/^openai +1 +revocation-due +20/m)
  expect(await keys('revoke openai 1 --confirmed')).toEqual({
    code: 0,
    out: 'openai version 1 is revoked.\n',
    error: '',
  })
  expect(await keys('revoke openai 2')).toMatchObject({
    code: 1,
    error: expect.stringContaining('--force') as string,
  })
  const listed = (await keys('list')).out
  expect(listed).toMatch(/^PROVIDER +VERSION +STAGE +SINCE +NAME +ID +EXPIRES +LAST ERROR\n/)
  expect(listed).toMatch(/^openai +1 +revoked +20/m)
  expect(listed).toMatch(/^openai +2 +current +20/m)

  await newKey('next.key')
  expect(await keys('rewrap --new-key-file next.key')).toMatchObject({
    code: 0,
    out: expect.stringContaining('1 records') as string,
  })
  expect(await keys('list')).toMatchObject({
    code: 1,
    error: expect.stringContaining('--key-file') as string,
  })
  const renewed = ['--store', 'keys.vault', '--key-file', 'next.key']
  expect(await run(['keys', 'list', ...renewed])).toMatchObject({ code: 0 })

  expect(await run(['keys', 'audit', '--export-head', 'head.json', ...renewed])).toMatchObject({ code: 0 })
  const verify = ['keys', 'audit', '--verify', '--head', 'head.json', ...renewed]
  expect(await run(verify)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^intact: \d+ entries/) as string,
  })
  const shown = await run(['keys', 'audit', '--limit', '4', ...renewed])
  expect(shown.out).toMatch(/test +vault\.rewrap +local:[0-9a-f]+ +done/)
  expect(shown.out).not.toMatch(/sk-/)
  const store = createFileVaultStore({ path: at('keys.vault') })
  const { entries } = await store.readAudit(0, 100)
  await rm(at('keys.vault.audit'))
  await store.appendAudit(
    0,
    entries.map((entry, index) => (index === 3 ? entry.replace('"actor":"test"', '"actor":"rest"') : entry)),
  )
  expect(await run(verify)).toMatchObject({
    code: 3,
    out: expect.stringContaining('altered at entry') as string,
  })
  expect((await stat(at('keys.vault'))).mode & 0o777).toBe(0o600)
})

it('keeps client keys through their life', async () => {
  const { at, clientKeys, run } = await createTerminal()
  const made = await clientKeys('create --name Ada --scope chat:write --scope chat:read --expires-in 90d')
  expect(made.code).toBe(0)
  expect(made.error).toMatch(/^Client key [0-9A-Za-z]{12} is made\. It is shown this once\.\n$/)
  const key = made.out.trim()
  expect(key).toMatch(/^alf_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/)
  const id = key.slice(9, 21)

  const server = createClientKeys({
    store: createFileClientKeyStore({ path: at('client-keys') }),
    keyEncryptionKey: keyEncryptionKeyFromFile(at('vault.key')),
    // Longer than a loaded machine takes.
    deadlineMs: 30_000,
  })
  onTestFinished(() => server.close())
  expect(await server.verify(key)).toMatchObject({
    valid: true,
    key: { scopes: ['chat:write', 'chat:read'] },
  })

  const rotated = json((await clientKeys(`rotate ${id} --overlap 1h --json`)).out) as { secret: string }
  await server.ping()
  expect(await server.verify(rotated.secret)).toMatchObject({ valid: true })
  expect(await server.verify(key)).toMatchObject({ valid: true })
  expect((await clientKeys('list')).out).toMatch(
    new RegExp(`^${id} +active +Ada +default +chat:write chat:read`, 'm'),
  )
  const audit = ['--audit', 'keys.vault', '--store', 'client-keys', '--key-file', 'vault.key']
  expect(await run(['client-keys', 'revoke', id, ...audit])).toMatchObject({ code: 0 })
  await server.ping()
  expect(await server.verify(rotated.secret)).toMatchObject({ reason: 'revoked' })
  expect(await clientKeys(`revoke ${id}`)).toMatchObject({ code: 1 })
  expect(await clientKeys('revoke abcdefabcdef')).toMatchObject({
    code: 1,
    error: expect.stringContaining('client-keys list') as string,
  })
})

it('shows, checks and re-wraps the trail of client keys in a vault without a key of its own', async () => {
  const { run, keys, newKey } = await createTerminal()
  const files = ['--audit', 'keys.vault', '--store', 'client-keys', '--key-file', 'vault.key']
  expect(await run(['client-keys', 'create', '--name', 'Ada', ...files])).toMatchObject({ code: 0 })
  expect((await keys('audit')).out).toMatch(/client-key\.create +[0-9A-Za-z]{12} +done/)
  expect(await keys('audit --verify')).toMatchObject({ code: 0, out: 'intact: 3 entries\n' })
  await newKey('next.key')
  expect(await keys('rewrap --new-key-file next.key')).toMatchObject({ code: 0 })
  const renewed = ['--store', 'keys.vault', '--key-file', 'next.key']
  expect(await run(['keys', 'audit', '--verify', ...renewed])).toMatchObject({ code: 0 })
})

describe('refuses', () => {
  it.each<[string, string[], RegExp]>([
    ['no action', ['keys'], /must be one of list, add/],
    ['an unknown action', ['keys', 'lst'], /must be one of list, add/],
    ['an unknown flag', ['keys', 'list', '--frobnicate'], /Unknown option '--frobnicate'/],
    ['no store', ['keys', 'list'], /--store STORE/],
    ['another kind of store', ['keys', 'list', '--store', 'http://a'], /must be a file, redis/],
    ['two stores', ['keys', 'list', '--store', 'client-keys', '--store-env', 'B'], /not both/],
    ['a variable that is not set', ['keys', 'list', '--store-env', 'NOPE'], /NOPE is not set/],
    ['no provider', ['keys', 'add', '--store', 'client-keys'], /add needs PROVIDER/],
    [
      'a key as an argument',
      ['keys', 'add', 'openai', 'sk-CANARY', '--store', 'client-keys'],
      /given on standard input/,
    ],
    ['a key as a flag', ['keys', 'add', 'openai', '--secret=sk-CANARY'], /Unknown option '--secret'/],
    [
      'no name',
      ['client-keys', 'create', '--store', 'client-keys', '--key-file', 'vault.key'],
      /--name NAME/,
    ],
    [
      'a wrong duration',
      [
        'client-keys',
        'create',
        '--name',
        'a',
        '--expires-in',
        '3 weeks',
        '--store',
        'client-keys',
        '--key-file',
        'vault.key',
      ],
      /such as 90d/,
    ],
    [
      'a whole key in place of its id',
      ['client-keys', 'revoke', 'a', 'alf_live_CANARY', '--store', 'client-keys'],
      /takes ID/,
    ],
  ])('%s, says why, and ends with 2', async (_what, args, reason) => {
    const { run } = await createTerminal()
    const { code, out, error } = await run(args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(error).toMatch(reason)
    expect(error).toContain('Usage: alfred-security')
    expect(error).not.toContain('CANARY')
  })

  it.each<[string, string[], string, RegExp]>([
    ['a key without text', ['add', 'openai'], '', /standard input is empty/],
    ['a vault that is not there', ['list'], '', /There is no vault in .*Begin one/],
    ['a key with white space', ['add', 'openai'], 'sk-CANARY with words', /visible ASCII/],
  ])('%s', async (_what, args, input, reason) => {
    const { run } = await createTerminal()
    const { code, error } = await run(
      ['keys', ...args, '--store', 'keys.vault', '--key-file', 'vault.key'],
      input,
    )
    expect(code).toBeGreaterThan(0)
    expect(error).toMatch(reason)
    expect(error).not.toContain('CANARY')
  })
})

it('takes the flags from a file and the keys from the environment', async () => {
  const { at, run } = await createTerminal()
  const env = { VAULT_KEY: randomBytes(32).toString('base64') }
  await writeFile(at('cli.json'), JSON.stringify({ store: at('keys.vault'), 'key-env': 'VAULT_KEY' }))
  expect(await run(['keys', 'add', 'openai', '--config', 'cli.json'], 'sk-first', env)).toMatchObject({
    code: 0,
  })
  expect((await stat(at('keys.vault'))).size).toBeGreaterThan(0)
  await appendFile(at('cli.json'), 'rubbish')
  expect(await run(['keys', 'list', '--config', 'cli.json'], '', env)).toMatchObject({ code: 2 })
  await writeFile(at('cli.json'), JSON.stringify({ secret: 'sk-CANARY' }))
  const refused = await run(['keys', 'list', '--config', 'cli.json'], '', env)
  expect(refused).toMatchObject({
    code: 2,
    error: expect.stringContaining('"secret" must be one of') as string,
  })
  expect(refused.error).not.toContain('CANARY')
})

it('backs up and restores, and asks before it goes back', async () => {
  const { at, keys, run } = await createTerminal()
  const both = ['--client-keys', 'client-keys']
  await keys('add openai', 'sk-first')
  const audited = ['--audit', 'keys.vault', '--store', 'client-keys', '--key-file', 'vault.key']
  const made = await run(['client-keys', 'create', '--name', 'Ada', ...audited])
  const store = ['--store', 'keys.vault']
  expect(await run(['keys', 'backup', 'backup-1', ...store, ...both])).toEqual({
    code: 0,
    out: `${at('backup-1')} holds the vault at revision 2, 7 audit entries, 1 client keys.\n`,
    error: 'The key-encryption key is not in it. Keep that elsewhere.\n',
  })
  expect(await run(['keys', 'backup', 'backup-1', ...store])).toMatchObject({ code: 1 })

  await keys('revoke openai 1 --force')
  await run(['client-keys', 'revoke', made.out.slice(9, 21), ...audited])
  const restore = ['keys', 'restore', 'backup-1', ...store, ...both, '--key-file', 'vault.key']
  const refused = await run(restore)
  expect(refused).toMatchObject({ code: 1, out: '' })
  expect(refused.error).toMatch(
    /older than the newest change in the audit trail\. Nothing was changed\..*--accept-older/,
  )
  expect((await keys('list')).out).toMatch(/openai +1 +compromised/)
  const restored = await run([...restore, '--accept-older', '--json'])
  expect(json(restored.out)).toMatchObject({ revision: 2, trail: 'kept', older: true })
  expect((await keys('list')).out).toMatch(/openai +1 +current/)
  expect((await run(['client-keys', 'list', ...audited])).out).toMatch(/active +Ada/)
  expect(await keys('audit --verify')).toMatchObject({ code: 0 })
  expect((await keys('audit')).out).toMatch(/vault\.restored/)
  expect(await run(['keys', 'backup', 'backup-1', '--store', 'redis://localhost'])).toMatchObject({ code: 2 })
})

it.each([
  ['keys', 'keys.vault', 'alfred-vault 1\n{}'],
  ['client-keys', 'client-keys', 'alfred-vault 1\n{"keys":{}}'],
])('%s says how to bring a file of an earlier version over, and does', async (command, name, text) => {
  const { at, run } = await createTerminal()
  await writeFile(at(name), text, { mode: 0o600 })
  const flags = ['--store', name, '--key-file', 'vault.key']
  const refused = await run([command, 'list', ...flags])
  expect(refused).toMatchObject({ code: 1, out: '' })
  expect(refused.error).toContain(`alfred-security ${command} migrate --store FILE`)
  expect(await run([command, 'migrate', '--store', name])).toEqual({
    code: 0,
    out: `${at(name)} is migrated. What was there is in ${at(name)}.text-format.\n`,
    error: '',
  })
  expect(await run([command, 'migrate', '--store', name])).toMatchObject({
    out: 'There was nothing to do.\n',
  })
  expect((await run([command, 'list', ...flags])).error).not.toContain('migrate')
  expect(await run([command, 'migrate', '--store', 'redis://localhost'])).toMatchObject({ code: 2 })
})

it('helps', async () => {
  const { run } = await createTerminal()
  for (const command of ['keys', 'client-keys']) {
    expect(await run([command, '--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('Exit code 0') as string,
    })
  }
})
