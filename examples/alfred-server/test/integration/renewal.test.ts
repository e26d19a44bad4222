import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { waitFor } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { writeBackupMetrics } from '../../deployment/backup/backup-metrics.ts'
import { startAcme } from '../edge/acme.ts'
import { shownSerial } from '../edge/ask-edge.ts'
import { startEchoApp } from '../edge/echo-app.ts'
import { deploymentFolder, startEdge, type TestEdge } from '../edge/start-edge.ts'

const run = promisify(execFile)

/** What Prometheus reads of the last renewal. */
function readMetrics({ statusAddress }: TestEdge, path = 'renewal'): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(`http://${statusAddress}/edge/${path}`, { agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.once('end', () => {
        resolve(`${String(response.statusCode)} ${body}`)
      })
    })
    request.once('error', reject)
  })
}

it('renews by ACME; a renewal that fails is a metric, and the certificate of before stays', async () => {
  await using app = await startEchoApp()
  await using edge = await startEdge({ slotPorts: [app.port, app.port] })
  await using acme = await startAcme(edge, 3600)
  const shown = { ...edge, certificate: acme.root }
  const current = (): Promise<string> => readlink(join(edge.folder, 'certificates/current'))
  expect(await readMetrics(edge)).toMatch(/^404 /)

  const issued = await acme.renew('run')
  expect(issued, issued.output).toMatchObject({ code: 0 })
  const first = await waitFor(() => shownSerial(shown), { timeoutMs: 10_000, what: 'the new certificate' })
  expect(await readMetrics(edge)).toMatch(/^200 [^]*^alfred_certificate_renewal_succeeded 1$/m)

  const renewed = await acme.renew('renew')
  expect(renewed, renewed.output).toMatchObject({ code: 0 })
  await waitFor(async () => (await shownSerial(shown)) !== first, { timeoutMs: 10_000 })
  const serving = await current()

  // nginx does not take what is issued now.
  await writeFile(join(edge.folder, 'site/redirect.conf'), 'no such directive;\n')
  const refused = await acme.renew('renew')
  expect(refused, refused.output).toMatchObject({ code: 1 })
  expect(await readMetrics(edge)).toMatch(/^alfred_certificate_renewal_succeeded 0$/m)
  expect(await current()).toBe(serving)

  await acme.stopAuthority()
  expect(await acme.renew('renew')).toMatchObject({ code: 1 })
  expect(await current()).toBe(serving)
  expect(await shownSerial(shown)).toBe(serving)
})

it('shows how the last backup went, too, as soon as there was one', async () => {
  await using app = await startEchoApp()
  await using edge = await startEdge({ slotPorts: [app.port, app.port] })
  expect(await readMetrics(edge, 'backups')).toMatch(/^404 /)
  const facts = { lastSuccessAt: 1_796_000_000_000, bytes: 81_843, lastVerifiedAt: undefined }
  const state = await mkdtemp(join(tmpdir(), 'alfred-backups-'))
  onTestFinished(() => rm(state, { recursive: true, force: true }))
  await symlink(edge.folder, join(state, 'edge'))
  await mkdir(join(state, 'backups'))
  await writeBackupMetrics(state, true, facts)
  const size = 'alfred_backup_size_bytes{name="database"} 81843\n'
  expect(await readMetrics(edge, 'backups')).toContain(size)
  // The storage does not answer: what was known stays.
  await writeBackupMetrics(state, false, undefined)
  expect(await readMetrics(edge, 'backups')).toContain(size)
  expect(await readMetrics(edge, 'backups')).toMatch(/^alfred_backup_succeeded\{name="database"\} 0$/m)
})

it('believes the hook, not a client that ends with 0 although its hook failed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-renewal-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const renew = (...command: readonly string[]): Promise<unknown> =>
    run(join(deploymentFolder, 'ssl/renew-certificate.sh'), [folder, ...command])
  const metrics = (): Promise<string> => readFile(join(folder, 'renewal/metrics.prom'), 'utf8')
  const hook = join(deploymentFolder, 'ssl/install-certificate.sh')
  await expect(renew('sh', '-c', `'${hook}' '${folder}' /nothing /nothing || true`)).rejects.toThrow()
  expect(await metrics()).toContain('succeeded 0\n')
  await renew('true')
  expect(await metrics()).toContain('succeeded 1\n')
})
