/**
 * Takes Alertmanager's webhooks and runs the action that a firing alert names in its label `action`. An action is an
 * executable `ACTION.sh` in a folder; nothing else is ever run. `node receive-alerts.ts --help` says how to start it.
 */
import { execFile } from 'node:child_process'
import { createHash, timingSafeEqual } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

export interface AlertReceiverOptions {
  /** The folder with the actions. */
  readonly folder: string
  /** What the `Authorization: Bearer` of a webhook must say. */
  readonly token: string
  /** Says what would be run. */
  readonly dryRun: boolean
  /** The least time between two runs of one action, ms: an alert that flaps must not roll back again and again. */
  readonly pauseMs: number
  readonly log: (line: Readonly<Record<string, unknown>>) => void
  readonly now?: (() => number) | undefined
}

const largestBody = 256 * 1024
const longestRunMs = 600_000

/** @returns a server that does not listen yet */
export function createAlertReceiver(options: AlertReceiverOptions): Server {
  const { folder, log, dryRun, pauseMs, now = Date.now } = options
  const lastRuns = new Map<string, number>()

  function runAction(action: string, alert: string): string {
    // Looked up among what is there: a label is never part of a path.
    const file = readdirSync(folder).find((name) => name === `${action}.sh`)
    if (file === undefined) return 'unknown'
    const last = lastRuns.get(action)
    if (last !== undefined && now() - last < pauseMs) return 'too soon'
    lastRuns.set(action, now())
    if (dryRun) return 'dry run'
    execFile(
      join(folder, file),
      [],
      { timeout: longestRunMs, env: { ...process.env, ALERT_NAME: alert } },
      (error, out) => {
        log({
          action,
          alert,
          outcome: error === null ? 'done' : 'failed',
          output: out.slice(-2000),
          error: error?.message,
        })
      },
    )
    return 'started'
  }

  return createServer((request, response) => {
    const answer = (status: number): void => {
      response.writeHead(status).end()
    }
    if (request.method !== 'POST' || request.url !== '/alerts') {
      answer(404)
      return
    }
    if (!isAllowed(request, options.token)) {
      answer(401)
      return
    }
    readBody(request)
      .then((body) => {
        const actions = firingActions(body)
        for (const { action, alert } of actions) log({ action, alert, outcome: runAction(action, alert) })
        answer(actions.length > 0 ? 202 : 204)
      })
      .catch(() => {
        answer(400)
      })
  })
}

function isAllowed({ headers }: IncomingMessage, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`))
}

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
      if (body.length > largestBody) request.destroy(new Error('too large'))
    })
    request.once('end', () => {
      resolve(body)
    })
    request.once('error', reject)
  })
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** Reads version 4 of Alertmanager's webhooks. Throws for what is no JSON. */
export function firingActions(body: string): readonly { readonly action: string; readonly alert: string }[] {
  const document: unknown = JSON.parse(body)
  const alerts: unknown = isRecord(document) ? document['alerts'] : undefined
  const list: readonly unknown[] = Array.isArray(alerts) ? alerts : []
  return list.flatMap((alert) => {
    if (!isRecord(alert) || alert['status'] !== 'firing' || !isRecord(alert['labels'])) return []
    const { action, alertname } = alert['labels']
    return typeof action === 'string'
      ? [{ action, alert: typeof alertname === 'string' ? alertname : '' }]
      : []
  })
}

const help = `node receive-alerts.ts --token-file FILE [--port 9095] [--host 127.0.0.1] [--pause 900] [--dry-run]
  Alertmanager: receivers: [{ name: actions, webhook_configs: [{ url: http://…:9095/alerts,
    http_config: { authorization: { credentials_file: FILE } } }] }]`

function start(): void {
  const { values } = parseArgs({
    options: {
      'token-file': { type: 'string' },
      port: { type: 'string', default: '9095' },
      host: { type: 'string', default: '127.0.0.1' },
      pause: { type: 'string', default: '900' },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const token = values['token-file'] === undefined ? '' : readFileSync(values['token-file'], 'utf8').trim()
  if (values.help || token === '') {
    console.error(help)
    process.exit(values.help ? 0 : 2)
  }
  createAlertReceiver({
    folder: fileURLToPath(new URL('.', import.meta.url)),
    token,
    dryRun: values['dry-run'],
    pauseMs: Number(values.pause) * 1000,
    log: (line) => {
      console.log(JSON.stringify({ at: new Date().toISOString(), ...line }))
    },
  }).listen(Number(values.port), values.host)
}

if (import.meta.main) start()
