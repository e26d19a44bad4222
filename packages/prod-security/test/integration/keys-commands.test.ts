import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

async function run(folder: string, args: readonly string[], input: string, env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['--conditions=@alfred/source', main, ...args], { env, cwd: folder })
  let [out, error] = ['', '']
  child.stdout.on('data', (data: Buffer) => (out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (error += data.toString()))
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, out, error }
}

it('keeps keys by processes of their own', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-cli-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const env = { PATH: process.env['PATH'], VAULT_KEY: randomBytes(32).toString('base64') }
  const [added, made] = await Promise.all([
    run(
      folder,
      ['keys', 'add', 'openai', '--store', 'keys.vault', '--key-env', 'VAULT_KEY'],
      'sk-first\n',
      env,
    ),
    run(
      folder,
      ['client-keys', 'create', '--name', 'a', '--store', 'client-keys', '--key-env', 'VAULT_KEY'],
      '',
      env,
    ),
  ])
  expect(added).toEqual({ code: 0, out: 'openai version 1 is current.\n', error: '' })
  expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^alf_live_\w{62}\n$/) as string })
  const listed = await run(
    folder,
    ['keys', 'list', '--json', '--store', 'keys.vault', '--key-env', 'VAULT_KEY'],
    '',
    env,
  )
  expect(JSON.parse(listed.out)).toMatchObject({ openai: { current: 1 } })
})
