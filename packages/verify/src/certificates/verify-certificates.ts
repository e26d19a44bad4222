import { mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPrometheus, waitFor } from '@alfred/testkit'
import { startAcme } from '../../../../examples/alfred-server/test/edge/acme.ts'
import { shownSerial } from '../../../../examples/alfred-server/test/edge/ask-edge.ts'
import { startEchoApp } from '../../../../examples/alfred-server/test/edge/echo-app.ts'
import { startEdge, type TestEdge } from '../../../../examples/alfred-server/test/edge/start-edge.ts'
import { startLoad } from '../../../../examples/alfred-server/test/rollout/load.ts'

const rulesFile = new URL(
  '../../../../examples/alfred-server/deployment/monitoring/production/edge.yml',
  import.meta.url,
)
const certificateSeconds = 120
const renewals = 5

export interface CertificateFigures extends Readonly<Record<string, unknown>> {
  readonly certificateSeconds: number
  readonly renewals: number
  /** How many serial numbers clients were shown, the first one included. */
  readonly serials: number
  readonly requests: number
  readonly failed: number
  readonly resets: number
  /** The alerts that a real Prometheus raised after the authority was gone. */
  readonly alerts: readonly string[]
  readonly oldKept: boolean
}

/** Renews the edge's certificate by real ACME under load, then breaks the renewal. */
export async function verifyCertificates(): Promise<CertificateFigures> {
  await using app = await startEchoApp((request, response) => {
    response.end(`x ${request.headers['content-length'] ?? '0'}`)
  })
  await using edge = await startEdge({
    slotPorts: [app.port, app.port],
    site: { trustedProxies: ['127.0.0.1'] },
  })
  await using acme = await startAcme(edge, certificateSeconds)
  const shown = { ...edge, certificate: acme.root }
  const serials = new Set<string | undefined>()
  const renew = async (command: 'run' | 'renew'): Promise<void> => {
    const { code, output } = await acme.renew(command)
    if (code !== 0) throw new Error(output)
    const serial = await readlink(join(edge.folder, 'certificates/current'))
    await waitFor(async () => (await shownSerial(shown)) === serial, { timeoutMs: 20_000, what: serial })
    serials.add(serial)
  }

  await renew('run')
  const load = startLoad(shown, { clients: 12, streams: 0, sockets: 0, idleMs: () => 20 * Math.random() })
  for (let count = 0; count < renewals; count += 1) await renew('renew')
  const { requests, failed, resets, reasons } = await load.stop()
  for (const reason of reasons) console.error(reason)

  const serving = await shownSerial(shown)
  await acme.stopAuthority()
  if ((await acme.renew('renew')).code === 0) throw new Error('a renewal without an authority went well')
  const alerts = await raisedAlerts(edge)
  const isOldKept = (await shownSerial(shown)) === serving
  const isGood = serials.size === renewals + 1 && failed + resets === 0 && isOldKept
  if (!isGood || !alerts.includes('AlfredRenewalFailed')) process.exitCode = 1
  return {
    certificateSeconds,
    renewals,
    serials: serials.size,
    requests,
    failed,
    resets,
    alerts,
    oldKept: isOldKept,
  }
}

/** @returns the alerts on renewals that fire at once when Prometheus reads what the edge shows */
async function raisedAlerts({ statusAddress }: TestEdge): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-renewal-'))
  try {
    const rules = await readFile(rulesFile, 'utf8')
    // What fires after minutes, fires here after seconds.
    await writeFile(join(folder, 'rules.yml'), rules.replace(/for: \d+m/g, 'for: 1s'))
    const configFile = join(folder, 'prometheus.yml')
    await writeFile(
      configFile,
      `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${join(folder, 'rules.yml')}]
scrape_configs:
  - { job_name: renewal, metrics_path: /edge/renewal, static_configs: [{ targets: ['${statusAddress}'] }] }
`,
    )
    const prometheus = await startPrometheus({ configFile })
    try {
      const query = 'ALERTS{alertstate="firing",alertname=~"AlfredRenewal.*"}'
      const read = async (): Promise<readonly string[]> => {
        const answer = await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(query)}`)
        const body = (await answer.json()) as {
          data: { result: readonly { metric: Readonly<Record<string, string>> }[] }
        }
        return body.data.result.map(({ metric }) => metric['alertname'] ?? '')
      }
      await waitFor(async () => (await read()).includes('AlfredRenewalFailed'), {
        timeoutMs: 30_000,
        intervalMs: 200,
        what: 'the alert on a failed renewal',
      })
      return await read()
    } finally {
      await prometheus.stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
