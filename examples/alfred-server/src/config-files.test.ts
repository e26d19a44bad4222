import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noopLogger } from '@alfred/core'
import type { AlfredGuard } from '@alfred/prod-security'
import { expect, it, onTestFinished } from 'vitest'
import { openDataFolder } from './data-folder.ts'
import { createGuard } from './guard.ts'
import { projectFolder } from './project-folder.ts'
import { readSettings } from './settings/settings.ts'

/** A guard of the files in `config`, with one of them changed. */
function guardWith(name: string, text: string | undefined): AlfredGuard {
  const folder = mkdtempSync(join(tmpdir(), 'alfred-config-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
  })
  cpSync(join(projectFolder, 'config'), folder, { recursive: true })
  if (text === undefined) rmSync(join(folder, name))
  else writeFileSync(join(folder, name), text)
  const settings = readSettings({ ALFRED_CONFIG_DIR: folder, ALFRED_DATA_DIR: join(folder, 'data') })
  return createGuard({
    settings,
    data: openDataFolder(settings),
    logger: noopLogger,
    isStarting: () => false,
    onError: () => undefined,
    describeRequest: () => undefined,
  })
}

it('switches layers as a file says', async () => {
  const limits = { policies: [{ name: 'all', limit: 1, windowMs: 1000, key: 'address', match: '/' }] }
  const guard = guardWith('security.production.json', JSON.stringify({ rateLimit: limits, csrf: false }))
  expect(() => guard.rateLimit).not.toThrow()
  await guard.close()
  const without = guardWith('monitoring.json', JSON.stringify({ metrics: false, alerting: false }))
  expect(() => without.metrics).toThrow('metrics')
  await without.close()
})

it.each([
  ['security.production.json', undefined, 'cannot be read'],
  ['security.production.json', '{"headers":', 'is no JSON'],
  ['security.production.json', '{"vault":{}}', 'Unrecognized key: "vault"'],
  ['security.production.json', '{"header":{}}', 'Unrecognized key: "header"'],
  ['security.production.json', '{"headers":{"preset":"stric"}}', 'headers.preset'],
  ['security.production.json', '{"rateLimit":{"policies":[{"name":"a","limt":1}]}}', 'policies[0].limt'],
  ['monitoring.json', '{"health":{"statusPage":{"paht":"/s"}}}', 'Did you mean "path"?'],
  ['monitoring.json', '[]', 'monitoring.json'],
])('refuses a %s of %s', (name, text, message) => {
  expect(() => guardWith(name, text)).toThrow(message)
})
