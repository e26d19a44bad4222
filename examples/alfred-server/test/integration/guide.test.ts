import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { askEdge } from '../edge/ask-edge.ts'
import { startMachine } from '../rollout/machine.ts'

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../../../../', import.meta.url))

const blocksOf = (guide: string): readonly string[] =>
  [...guide.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text = '']) => text)

/** A checkout with what the guide starts, and stand-ins for the programs that a test cannot have. */
async function newCheckout(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-checkout-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const part of ['scripts', 'examples/alfred-server/deployment']) {
    await cp(join(repository, part), join(folder, part), { recursive: true })
  }
  for (const name of ['docker', 'certbot']) {
    const script = `#!/bin/sh\necho "${name} $*" >> '${folder}/called'\necho 1\n`
    await writeFile(join(folder, name), script, { mode: 0o755 })
  }
  return folder
}

it('has only commands that work, in their order', { timeout: 180_000 }, async () => {
  const checkout = await newCheckout()
  await using machine = await startMachine({ settings: { ALFRED_QUIET_MS: '0' } })
  await machine.changeSettings({ ALFRED_SECRETS: join(machine.stateFolder, 'secrets') })
  for (const version of ['1.4.1', '1.4.2']) await machine.addRelease(version)
  const settings = join(checkout, 'examples/alfred-server/deployment/production.env')
  const env = {
    ...process.env,
    PATH: `${checkout}:${process.env['PATH'] ?? ''}`,
    ALFRED_NODE: process.execPath,
  }
  const shell = (script: string): Promise<unknown> =>
    run('bash', ['-euo', 'pipefail', '-c', script], { cwd: checkout, env })

  const guide = await readFile(join(repository, 'docs/guides/deployment.md'), 'utf8')
  for (const block of blocksOf(guide)) {
    // There must be a release to go back to.
    if (block.includes('rollback.sh')) await shell('scripts/deploy.sh 1.4.1')
    await shell(block.replaceAll('/var/lib/alfred', machine.stateFolder).replaceAll('/opt/alfred', checkout))
    // The settings of the example are edited by a person.
    if (block.includes('production.env.example')) await cp(machine.settingsFile, settings)
  }
  expect(blocksOf(guide).length).toBeGreaterThanOrEqual(6)
  expect((await askEdge(machine.edge, '/work')).body).toBe('1.4.1 0')
  const called = await readFile(join(checkout, 'called'), 'utf8')
  expect(called).toMatch(/^docker compose .* up --detach --wait postgres redis nginx$/m)
  expect(called).toMatch(/^docker compose .* up --detach --wait prometheus alertmanager$/m)
  expect(called).toMatch(/^certbot certonly /m)
  expect(called).toMatch(/^certbot renew$/m)
})
