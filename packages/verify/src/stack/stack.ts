import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '@alfred/testkit'

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../../../../', import.meta.url))
const composeFile = join(repository, 'examples/alfred-server/deployment/docker-compose.production.yml')

/** The name that the stack serves, and its image. */
export const stackName = 'alfred.test'
const image = 'alfred-verify'

/** The production stack in a folder of its own, beside others on this machine. */
export interface Stack extends AsyncDisposable {
  readonly httpsPort: number
  /** Builds the image of a version. */
  build(version: string): Promise<string>
  /** Runs one of `scripts/` with the stack's settings; its progress goes to stderr. @returns its exit code */
  script(name: string, ...args: readonly string[]): Promise<number | null>
  /** Runs docker compose. @returns what it prints */
  compose(...args: readonly string[]): Promise<string>
  /** Names the image of both slots, as the driver does one after the other. */
  setImages(digest: string): Promise<void>
  /** What the edge shows, PEM. */
  certificate(): Promise<string>
}

/** @throws Error when no container engine answers */
export async function createStack(): Promise<Stack> {
  const home = await mkdtemp(join(tmpdir(), 'alfred-stack-'))
  const state = join(home, 'state')
  const [httpPort, httpsPort] = [await freePort(), await freePort()]
  const network = `172.30.${String(20 + (process.pid % 200))}`
  const settings = join(home, 'stack.env')
  // Each look at a slot starts a process in its container, which takes seconds on a busy machine.
  const readySeconds = 180
  // The stand-ins of the images carry the tag of their major version.
  const standIn = (await isPodman())
    ? `ALFRED_RESOLVER=${network}.1\nPROMETHEUS_IMAGE=prom/prometheus:v3\nALERTMANAGER_IMAGE=prom/alertmanager:v0\n`
    : ''
  await writeFile(
    settings,
    `ALFRED_PROJECT=alfred-stack-${String(process.pid)}
ALFRED_PUBLIC_NAMES=${stackName}
ALFRED_IMAGE=${image}
ALFRED_STATE=${state}
ALFRED_SECRETS=${join(home, 'secrets')}
ALFRED_HTTP_PORT=${String(httpPort)}
ALFRED_HTTPS_PORT=${String(httpsPort)}
ALFRED_EDGE_NETWORK=${network}.0/24
ALFRED_SETTLE_SECONDS=2
ALFRED_READY_SECONDS=${String(readySeconds)}
${standIn}`,
  )
  const compose = async (...args: readonly string[]): Promise<string> => {
    const files = ['-f', composeFile, '--env-file', settings, '--env-file', join(state, 'slots.env')]
    return (await run('docker', ['compose', ...files, ...args])).stdout
  }
  return {
    httpsPort,
    compose,
    async build(version) {
      const tag = `${image}:${version}`
      const file = 'examples/alfred-server/Dockerfile'
      await say('docker', ['build', '-q', '-f', file, '--build-arg', `VERSION=${version}`, '-t', tag, '.'])
      return (await run('docker', ['image', 'inspect', '-f', '{{.Id}}', tag])).stdout.trim()
    },
    script: (name, ...args) => say(join(repository, 'scripts', name), [...args, '--settings', settings]),
    setImages: (digest) =>
      writeFile(
        join(state, 'slots.env'),
        ['A', 'B'].map((slot) => `ALFRED_IMAGE_${slot}=${digest}\n`).join(''),
      ),
    certificate: () => readFile(join(state, 'edge/certificates/current/fullchain.pem'), 'utf8'),
    async [Symbol.asyncDispose]() {
      await compose('--profile', '*', 'down', '--volumes', '--timeout', '5').catch((error: unknown) => {
        console.error(error)
      })
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** Podman's networks have their DNS server at the gateway, Docker's at 127.0.0.11. */
async function isPodman(): Promise<boolean> {
  const { stdout } = await run('docker', ['version']).catch((cause: unknown) => {
    throw new Error('no container engine answers: start Docker, or set DOCKER_HOST', { cause })
  })
  return stdout.includes('Podman')
}

function say(command: string, args: readonly string[]): Promise<number | null> {
  const child = spawn(command, args, { cwd: repository, stdio: ['ignore', 2, 2] })
  return new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject))
}
