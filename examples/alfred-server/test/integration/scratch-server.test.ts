import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startBackupMachine } from '../backup/backup-machine.ts'

/** In the place of docker: it notes what it is asked, and runs what would run in a container. */
const docker = (folder: string): string => `#!/bin/bash
echo "$*" >> '${folder}/called'
while [ $# -gt 0 ] && [ "$1" != postgres-scratch ]; do shift; done
shift
[ $# -gt 0 ] || exit 0
exec "$@"
`

it('starts a server for the verification and removes it, on a machine that has no slots', async () => {
  await using machine = await startBackupMachine()
  await machine.query('INSERT INTO sessions SELECT gen_random_uuid() FROM generate_series(1, 10)')
  expect(await machine.script('backup-database.sh')).toMatchObject({ code: 0 })
  const bin = join(machine.folder, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'docker'), docker(machine.folder), { mode: 0o755 })
  const settings = { ALFRED_BACKEND: 'compose', PATH: `${bin}:${machine.path}` }
  const { code, stderr } = await machine.script('restore-verify.sh', [], settings)
  expect(stderr).not.toContain('✗')
  expect(code).toBe(0)
  const called = (await readFile(join(machine.folder, 'called'), 'utf8')).trimEnd().split('\n')
  expect(called[0]).toMatch(/--profile restore-verify up --detach --wait postgres-scratch$/)
  expect(called.at(-1)).toMatch(/--profile restore-verify rm --stop --force --volumes postgres-scratch$/)
  expect(called.join('\n')).not.toContain('slots.env')
  expect(called.join('\n')).toContain('exec -T postgres-scratch pg_restore')
})
