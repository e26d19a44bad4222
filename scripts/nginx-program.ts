import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findExecutable } from '../packages/testkit/src/processes/find-executable.ts'
import { unpackedPrograms, unpackNewerPackage, versionOf } from './newer-package.ts'

const cache = fileURLToPath(new URL('../.cache/debian', import.meta.url))
const newer = { name: 'nginx', programs: ['usr/sbin/nginx'], suite: 'forky' } as const

/** `keepalive_min_timeout`, `resolve` and `$is_request_port` are in this version; X25519MLKEM768 needs OpenSSL 3.5. */
const needed = [1, 30] as const

function isNewEnough(program: string): boolean {
  const [major = 0, minor = 0] = versionOf(program, '-v')
  return major > needed[0] || (major === needed[0] && minor >= needed[1])
}

/** @returns an nginx that the configuration of the example works with: of `NGINX_PATH`, of PATH, or unpacked */
export function findNginx(): string | undefined {
  const unpacked = join(unpackedPrograms(newer, cache), newer.name)
  const given = process.env['NGINX_PATH'] ?? findExecutable('nginx')
  if (given !== undefined && isNewEnough(given)) return given
  return existsSync(unpacked) ? unpacked : undefined
}

/** Makes sure that there is one; on Debian it is unpacked into the cache, and nothing is installed. */
export function ensureNginx(): void {
  if (findNginx() !== undefined) return
  console.error('The tests need nginx 1.30 or newer. Unpacking that of a newer Debian into .cache.')
  try {
    unpackNewerPackage(newer, cache)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    console.error('Put nginx 1.30 or newer with OpenSSL 3.5 on PATH, or its path in NGINX_PATH.')
    process.exit(1)
  }
}
