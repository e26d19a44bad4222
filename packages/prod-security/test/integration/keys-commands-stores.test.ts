import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { startPostgres, startRedis } from '@alfred/testkit'
import { afterAll, expect, it } from 'vitest'
import { runClientKeysCommand } from '../../src/cli/client-keys-command.ts'
import { runKeysCommand } from '../../src/cli/keys-command.ts'

const [redis, postgres, folder] = await Promise.all([
  startRedis(),
  startPostgres(),
  mkdtemp(join(tmpdir(), 'alfred-cli-stores-')),
])
afterAll(async () => {
  await Promise.all([redis.stop(), postgres.stop(), rm(folder, { recursive: true })])
})

it.each([
  ['Redis', redis.url],
  ['PostgreSQL', postgres.url],
])('keeps provider keys and client keys in %s, with their trail', async (_name, url) => {
  const env = {
    STORE: url,
    KEY: randomBytes(32).toString('base64'),
    NEXT: randomBytes(32).toString('base64'),
  }
  const head = join(folder, `${String(url.length)}.json`)
  const run = async (command: string, input = '', key = 'KEY') => {
    let [out, error] = ['', '']
    const [kind, ...args] = command.split(' ')
    const code = await (kind === 'keys' ? runKeysCommand : runClientKeysCommand)(
      [...args, '--store-env', 'STORE', '--key-env', key, '--actor', 'test'],
      {
        env,
        stdin: Readable.from([input]),
        stdout: { write: (text: string) => (out += text) },
        stderr: { write: (text: string) => (error += text) },
      },
    )
    return { code, out, error }
  }
  expect(await run('keys add openai', 'sk-first\n')).toMatchObject({ code: 0, error: '' })
  expect(await run('keys stage openai', 'sk-second\n')).toMatchObject({ code: 0, error: '' })
  expect(await run('keys rotate openai')).toMatchObject({ code: 0, error: '' })
  expect(await run('keys rollback openai')).toMatchObject({ code: 0, error: '' })
  expect(await run('keys revoke openai 2 --confirmed')).toMatchObject({ code: 0, error: '' })
  expect(JSON.parse((await run('keys list --json')).out)).toMatchObject({ openai: { current: 1 } })

  const made = await run(`client-keys create --name a --audit ${url}`)
  expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^alf_live_\w{62}\n$/) as string })
  const [{ id = '' } = {}] = JSON.parse((await run('client-keys list --json')).out) as { id?: string }[]
  expect(await run(`client-keys rotate ${id} --audit ${url}`)).toMatchObject({ code: 0 })
  expect(await run(`client-keys revoke ${id} --audit ${url}`)).toMatchObject({ code: 0, error: '' })

  expect(await run(`keys audit --export-head ${head}`)).toMatchObject({ code: 0, error: '' })
  expect((await run('keys audit --limit 100')).out).toContain(`client-key.revoke`)
  expect(await run('keys rewrap --new-key-env NEXT')).toMatchObject({ code: 0, error: '' })
  expect(await run('client-keys rewrap --new-key-env NEXT')).toMatchObject({ code: 0, error: '' })
  expect(await run(`keys audit --verify --head ${head}`, '', 'NEXT')).toMatchObject({ code: 0, error: '' })
  expect(await run('keys accept-restore', '', 'NEXT')).toMatchObject({ code: 0, error: '' })
  expect(await run(`client-keys accept-restore --audit ${url}`, '', 'NEXT')).toMatchObject({
    code: 0,
    error: '',
  })
  expect(await run('keys list', '', 'NEXT')).toMatchObject({ code: 0, error: '' })
  expect(await run('keys list')).toMatchObject({ code: 1, out: '' })
})
