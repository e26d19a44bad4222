import { spawnSync } from 'node:child_process'
import { findExecutable } from '../packages/testkit/src/processes/find-executable.ts'

/** What is run here that no package manager of Node brings. */
export interface SystemPackage {
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

/** Makes sure that what the package holds can be started; installs it where that needs no question, else ends with 1. */
export function ensurePackage({ name, isPresent, missing, installLines, otherwise }: SystemPackage): void {
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
