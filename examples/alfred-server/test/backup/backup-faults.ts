import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readManifest, writeManifest } from '../../deployment/backup/manifest.ts'
import type { BackupMachine, ScriptRun } from './backup-machine.ts'

const run = promisify(execFile)

/** Something that goes wrong, and who has to notice it. */
export interface BackupFault {
  readonly what: string
  /** `backup` must not succeed; `restore` must refuse what was damaged. */
  readonly noticedBy: 'backup' | 'restore'
  /** What it says. */
  readonly message: RegExp
  /** Lets it go wrong, runs the script, and mends the machine. @returns how the script ended */
  readonly run: (machine: BackupMachine) => Promise<ScriptRun>
}

/** Runs a backup with one of its programs replaced. */
async function withProgram(machine: BackupMachine, name: string, script: string): Promise<ScriptRun> {
  const folder = join(machine.folder, `replaced-${name}-${String(script.length)}`)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, name), `#!/bin/bash\n${script}\n`, { mode: 0o755 })
  return machine.script('backup-database.sh', [], {
    PATH: `${folder}:${machine.path}`,
    REAL_PATH: machine.path,
  })
}

async function withStorageFault(
  machine: BackupMachine,
  fault: Parameters<BackupMachine['storage']['faults']['add']>[0],
): Promise<ScriptRun> {
  machine.storage.faults.add(fault)
  const ended = await machine.script('backup-database.sh')
  machine.storage.faults.delete(fault)
  return ended
}

/** @returns the key of an object of the newest backup that was finished */
function newestKey({ storage }: BackupMachine, name: string): string {
  const manifests = [...storage.objects.keys()].filter((key) => key.endsWith('/manifest.json')).sort()
  const newest = manifests.at(-1)
  if (newest === undefined) throw new Error('the storage has no backup')
  return newest.replace('manifest.json', name)
}

/** Restores the newest backup while one of its objects is another, and puts that back. */
async function withObject(
  machine: BackupMachine,
  name: string,
  change: (content: Buffer) => Buffer,
): Promise<ScriptRun> {
  const { objects } = machine.storage
  const key = newestKey(machine, name)
  const whole = objects.get(key) ?? Buffer.alloc(0)
  const id = key.split('/').at(-2) ?? ''
  objects.set(key, change(Buffer.from(whole)))
  const ended = await machine.script('restore-verify.sh', ['--backup', id])
  objects.set(key, whole)
  objects.delete(`alfred/${id}/verification.json`)
  return ended
}

/** The byte in the middle. */
function flip(content: Buffer): Buffer {
  const middle = content.length >> 1
  content.writeUInt8(content.readUInt8(middle) ^ 1, middle)
  return content
}

const parts = ['database.age', 'redis.age', 'secrets.age'] as const

export const backupFaults: readonly BackupFault[] = [
  {
    what: 'pg_dump is killed half-way',
    noticedBy: 'backup',
    message: /pg_dump ended with SIGKILL/,
    run: (machine) =>
      withProgram(machine, 'pg_dump', 'PATH=$REAL_PATH pg_dump "$@" | head -c 20000; kill -KILL $$'),
  },
  {
    what: 'pg_dump ends with an error after it wrote everything',
    noticedBy: 'backup',
    message: /pg_dump ended with 1/,
    run: (machine) => withProgram(machine, 'pg_dump', 'PATH=$REAL_PATH pg_dump "$@"; exit 1'),
  },
  {
    what: 'age is killed half-way',
    noticedBy: 'backup',
    message: /age ended with SIGKILL/,
    run: (machine) => withProgram(machine, 'age', 'PATH=$REAL_PATH age "$@" | head -c 2000; kill -KILL $$'),
  },
  {
    what: 'the disk is full',
    noticedBy: 'backup',
    message: /EFBIG|ended with SIGXFSZ/,
    run: (machine) => machine.script('backup-database.sh', [], { maxFileBlocks: '32' }),
  },
  {
    what: 'the upload is refused',
    noticedBy: 'backup',
    message: /507 InsufficientStorage/,
    run: (machine) => withStorageFault(machine, 'refuse'),
  },
  {
    what: 'the storage keeps half of the upload',
    noticedBy: 'backup',
    message: /other bytes than were sent/,
    run: (machine) => withStorageFault(machine, 'truncate'),
  },
  {
    what: 'the clock is wrong',
    noticedBy: 'backup',
    message: /the clock says/,
    run: (machine) => withStorageFault(machine, 'other clock'),
  },
  {
    what: 'the database is empty',
    noticedBy: 'backup',
    message: /the database is empty/,
    async run(machine) {
      await machine.query('CREATE DATABASE nothing', 'postgres')
      await machine.query('GRANT CONNECT ON DATABASE nothing TO alfred_backup', 'postgres')
      return machine.script('backup-database.sh', [], {
        ALFRED_BACKUP_DATABASE: machine.url('alfred_backup', 'nothing'),
      })
    },
  },
  {
    what: 'the database is not there',
    noticedBy: 'backup',
    message: /psql ended with 2/,
    run: (machine) =>
      machine.script('backup-database.sh', [], {
        ALFRED_BACKUP_DATABASE: machine.url('alfred_backup', 'not_there'),
      }),
  },
  {
    what: 'Redis answers with an error',
    noticedBy: 'backup',
    message: /no RDB file/,
    run: (machine) => withProgram(machine, 'redis-cli', 'echo NOAUTH Authentication required.'),
  },
  {
    what: 'there is nobody to encrypt for',
    noticedBy: 'backup',
    message: /age ended with 1/,
    run: (machine) =>
      machine.script('backup-database.sh', [], { ALFRED_BACKUP_RECIPIENTS_FILE: '/dev/null' }),
  },
  {
    what: 'the backup is killed during the upload',
    noticedBy: 'backup',
    message: /… upload/,
    async run(machine) {
      const lines: string[] = []
      const child = machine.start('backup-database.sh', [], {}, (line) => {
        lines.push(line)
        if (line.includes('… upload')) child.kill('SIGKILL')
      })
      await once(child, 'close')
      return { code: child.exitCode, stdout: '', stderr: lines.join('\n') }
    },
  },
  ...parts.map((name): BackupFault => ({
    what: `a byte of ${name} is flipped`,
    noticedBy: 'restore',
    message: /another checksum/,
    run: (machine) => withObject(machine, name, flip),
  })),
  {
    what: 'a byte of the manifest is flipped',
    noticedBy: 'restore',
    message: /checksum|no manifest of this version/,
    run: (machine) => withObject(machine, 'manifest.json', flip),
  },
  {
    what: 'the dump is truncated',
    noticedBy: 'restore',
    message: /another length/,
    run: (machine) => withObject(machine, 'database.age', (content) => content.subarray(0, -100)),
  },
  {
    what: 'the dump is gone',
    noticedBy: 'restore',
    message: /NoSuchKey/,
    async run(machine) {
      const key = newestKey(machine, 'database.age')
      const whole = machine.storage.objects.get(key) ?? Buffer.alloc(0)
      machine.storage.objects.delete(key)
      const ended = await machine.script('restore-verify.sh', ['--backup', key.split('/').at(-2) ?? ''])
      machine.storage.objects.set(key, whole)
      return ended
    },
  },
  {
    what: 'a table had another row when it was counted',
    noticedBy: 'restore',
    message: /messages has \d+ rows instead of/,
    run: (machine) =>
      withObject(machine, 'manifest.json', (content) => {
        const manifest = readManifest(content.toString())
        const tables = manifest.tables.map((tally) =>
          tally.table === 'public.messages' ? { ...tally, rows: tally.rows + 1 } : tally,
        )
        return Buffer.from(writeManifest({ ...manifest, tables }))
      }),
  },
  {
    what: 'the backup is of a newer PostgreSQL',
    noticedBy: 'restore',
    message: /the backup is of 99.1/,
    run: (machine) =>
      withObject(machine, 'manifest.json', (content) =>
        Buffer.from(writeManifest({ ...readManifest(content.toString()), serverVersion: '99.1' })),
      ),
  },
  {
    what: 'the key is another',
    noticedBy: 'restore',
    message: /age ended with 1/,
    async run(machine) {
      const other = join(machine.folder, 'other-identity')
      await run('age-keygen', ['-o', other], { env: { PATH: machine.path } })
      return machine.script('restore-verify.sh', [], { ALFRED_BACKUP_IDENTITY_FILE: other })
    },
  },
]
