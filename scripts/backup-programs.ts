import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findExecutable } from '../packages/testkit/src/processes/find-executable.ts'
import { type NewerPackage, unpackedPrograms, unpackNewerPackage, versionOf } from './newer-package.ts'

const cache = fileURLToPath(new URL('../.cache/debian', import.meta.url))

const clientNames = ['psql', 'pg_dump', 'pg_restore', 'pg_basebackup'] as const
/** pg_dump reads no server that is newer than itself, and the tests' PostgreSQL is 18. */
const client: NewerPackage = {
  name: 'postgresql-client-18',
  programs: clientNames.map((name) => `usr/lib/postgresql/18/bin/${name}`),
  suite: 'forky',
}
const age: NewerPackage = { name: 'age', programs: ['usr/bin/age', 'usr/bin/age-keygen'], suite: 'forky' }

const archiver: NewerPackage = { name: 'pgbackrest', programs: ['usr/bin/pgbackrest'], suite: 'forky' }

const isUnpacked = (newer: NewerPackage): boolean =>
  newer.programs.every((program) =>
    existsSync(join(unpackedPrograms(newer, cache), program.slice(program.lastIndexOf('/') + 1))),
  )

/** @returns the folders with what makes and reads backups, in the order of a PATH; `undefined` when one is missing */
export function findBackupPrograms(): readonly string[] | undefined {
  const folders: string[] = []
  if (!hasClient()) {
    if (!isUnpacked(client)) return undefined
    folders.push(unpackedPrograms(client, cache))
  }
  if (findExecutable('age') === undefined || findExecutable('age-keygen') === undefined) {
    if (!isUnpacked(age)) return undefined
    folders.push(unpackedPrograms(age, cache))
  }
  if (findExecutable('pgbackrest') === undefined) {
    if (!isUnpacked(archiver)) return undefined
    folders.push(unpackedPrograms(archiver, cache))
  }
  return folders
}

/** Makes sure that they are there; on Debian they are unpacked into the cache, and nothing is installed. */
export function ensureBackupPrograms(): void {
  if (findBackupPrograms() !== undefined) return
  console.error(
    'The tests need the client of PostgreSQL 18, age and pgBackRest. Unpacking those of a newer Debian into .cache.',
  )
  try {
    for (const newer of [client, age, archiver]) unpackNewerPackage(newer, cache)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    console.error(
      'Put psql, pg_dump, pg_restore and pg_basebackup of PostgreSQL 18, age and pgbackrest on PATH.',
    )
    process.exit(1)
  }
}

function hasClient(): boolean {
  return clientNames.every((name) => {
    const program = findExecutable(name)
    return program !== undefined && (versionOf(program, '--version')[0] ?? 0) >= 18
  })
}
