import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { appendFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '@alfred/testkit'

const run = promisify(execFile)
const composeFile = 'examples/alfred-server/docker-compose.yml'

export interface ContainerFigures extends Readonly<Record<string, unknown>> {
  readonly imageMb: number
  /** What the app adds to the image of Node: the layer that a machine pulls for a new version. */
  readonly appLayerMb: number
  readonly buildSeconds: number
  /** After a change of one line. */
  readonly rebuildSeconds: number
  /** From `docker compose up` to a healthy app, PostgreSQL and Redis included. */
  readonly healthySeconds: number
  readonly answered: boolean
  /** Of the app, after SIGTERM. */
  readonly exitCode: number
}

/** Runs docker, its output to stderr. */
async function docker(environment: NodeJS.ProcessEnv, ...args: string[]): Promise<void> {
  const child = spawn('docker', args, { env: environment, stdio: ['ignore', 2, 2] })
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('exit', resolve).once('error', reject),
  )
  if (code !== 0) throw new Error(`docker ${args.join(' ')} ended with ${String(code)}`)
}

async function dockerSays(environment: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  return (await run('docker', args, { env: environment })).stdout.trim()
}

const secondsSince = (startedAt: number): number => Math.round((performance.now() - startedAt) / 100) / 10

async function untilHealthy(
  environment: NodeJS.ProcessEnv,
  container: string,
  limitMs: number,
): Promise<void> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const health = await dockerSays(environment, 'inspect', '-f', '{{.State.Health.Status}}', container)
    if (health === 'healthy') return
    if (performance.now() > deadline)
      throw new Error(`the app is ${health} after ${String(limitMs / 1000)} s`)
    await wait(200)
  }
}

/** Copies what git knows or would add: a copy can be changed, and holds nothing that is not part of the project. */
async function copyWorkTree(target: string): Promise<void> {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const { stdout } = await run('git', list, { maxBuffer: 64 * 1024 * 1024 })
  const files = stdout.split('\0').filter((file) => file !== '' && existsSync(file))
  await Promise.all(files.map((file) => cp(file, join(target, file))))
}

async function bytesOf(environment: NodeJS.ProcessEnv, image: string): Promise<number> {
  return Number(await dockerSays(environment, 'image', 'inspect', '-f', '{{.Size}}', image))
}

/** Asks the server for a chat answer, over the published port, and that the database kept it. */
async function answers(port: number): Promise<boolean> {
  const url = `http://127.0.0.1:${String(port)}`
  const ready = await fetch(`${url}/readyz`)
  const chat = await fetch(`${url}/api/alfred/chat`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ message: 'What does Map<string, number> mean?' }),
  })
  const { sessionId } = (await chat.json()) as { sessionId: string }
  // A conversation is its guest's, whom a cookie names.
  const cookie = chat.headers.getSetCookie().map((field) => field.split(';')[0] ?? '')
  const history = await fetch(`${url}/api/alfred/sessions/${sessionId}/messages`, {
    headers: { Cookie: cookie.join('; ') },
  })
  return ready.ok && chat.ok && history.ok && (await history.text()).includes('Map<string, number>')
}

/** Builds and starts the example's containers for real, asks the server, stops it, and takes everything down. */
export async function verifyContainer(): Promise<ContainerFigures> {
  const engine = await run('docker', ['info']).catch(() => undefined)
  if (!engine) {
    console.error('No container engine answers. Start Docker (or set DOCKER_HOST) and run this again.')
    process.exit(2)
  }
  const secrets = await mkdtemp(join(tmpdir(), 'alfred-secrets-'))
  const port = await freePort()
  const environment = {
    ...process.env,
    COMPOSE_PROJECT_NAME: `alfred-verify-${String(process.pid)}`,
    ALFRED_PORT: String(port),
    ALFRED_SECRETS: secrets,
  }
  const sources = join(secrets, 'sources')
  const compose = (...args: string[]): Promise<void> =>
    docker(environment, 'compose', '-f', join(sources, composeFile), ...args)
  try {
    for (const name of ['postgres_password', 'redis_password', 'metrics_token']) {
      await writeFile(join(secrets, name), randomBytes(24).toString('hex'), { mode: 0o644 })
    }
    await copyWorkTree(sources)
    const buildStartedAt = performance.now()
    await compose('build')
    const buildSeconds = secondsSince(buildStartedAt)
    await appendFile(join(sources, 'packages/core/src/index.ts'), 'export const isRebuilt = true\n')
    const rebuildStartedAt = performance.now()
    await compose('build')
    const rebuildSeconds = secondsSince(rebuildStartedAt)

    const upAt = performance.now()
    await compose('up', '-d')
    const app = await dockerSays(
      environment,
      ...['compose', '-f', join(sources, composeFile), 'ps', '-q', 'app'],
    )
    await untilHealthy(environment, app, 90_000)
    const healthySeconds = secondsSince(upAt)

    const image = await dockerSays(environment, 'inspect', '-f', '{{.Image}}', app)
    const bytes = await bytesOf(environment, image)
    const appLayerBytes = bytes - (await bytesOf(environment, 'node:24-slim'))
    const answered = await answers(port)
    await compose('stop', 'app')
    const exitCode = Number(await dockerSays(environment, 'inspect', '-f', '{{.State.ExitCode}}', app))
    if (!answered || exitCode !== 0) {
      await compose('logs', 'app')
      process.exitCode = 1
    }
    const [imageMb, appLayerMb] = [Math.round(bytes / 1e6), Math.round(appLayerBytes / 1e6)]
    return { imageMb, appLayerMb, buildSeconds, rebuildSeconds, healthySeconds, answered, exitCode }
  } finally {
    await compose('down', '-v', '--rmi', 'local', '-t', '5').catch((error: unknown) => {
      console.error(error)
    })
    await rm(secrets, { recursive: true, force: true })
  }
}
