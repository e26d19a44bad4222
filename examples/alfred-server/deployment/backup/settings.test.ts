import { expect, it } from 'vitest'
import { readBackupSettings } from './settings.ts'

const compose = ['docker', 'compose', '-f', 'production.yml']
const storage = { ALFRED_BACKUP_STORAGE: 'https://s3.test/bucket/alfred' }

it('reaches the services of an installation of Compose in their containers', () => {
  const settings = readBackupSettings(storage, compose, 'backup')
  expect(settings.source).toEqual({
    prefix: [...compose, 'exec', '-T', 'postgres'],
    url: 'postgres://alfred_backup@127.0.0.1/alfred',
  })
  expect(settings.scratch.prefix.at(-1)).toBe('postgres-scratch')
  expect(settings.redisDump?.slice(0, 8)).toEqual([...compose, 'exec', '-T', 'redis', 'sh'])
  expect(settings.storage.credentialsFile).toBe('/etc/alfred/secrets/backup_storage_credentials')
  expect(settings.identityFile).toBeUndefined()
})

it('starts the programs of this machine for processes', () => {
  const settings = readBackupSettings({ ...storage, ALFRED_BACKEND: 'process' }, compose, 'backup')
  expect(settings.source.prefix).toEqual([])
  expect(settings.redisDump).toBeUndefined()
  const withRedis = readBackupSettings(
    { ...storage, ALFRED_BACKEND: 'process', ALFRED_BACKUP_REDIS: '6379' },
    compose,
    'backup',
  )
  expect(withRedis.redisDump).toEqual(['redis-cli', '-p', '6379', '--rdb', '-'])
})

it.each([
  [{}, 'ALFRED_BACKUP_STORAGE must be https://ENDPOINT/BUCKET/PREFIX'],
  [{ ...storage, ALFRED_BACKUP_SECONDS: '0' }, 'ALFRED_BACKUP_SECONDS must be whole seconds'],
  [
    { ...storage, ALFRED_BACKUP_DATABASE: 'postgres://alfred:secret@db/alfred' },
    'ALFRED_BACKUP_DATABASE must have no password: use PGPASSFILE',
  ],
  ...['password', 'sslpassword', 'passfile', 'dbname', 'service'].map(
    (parameter): [Record<string, string>, string] => [
      { ...storage, ALFRED_SCRATCH_DATABASE: `postgres://db/alfred?${parameter}=x` },
      `ALFRED_SCRATCH_DATABASE must have no parameter ${parameter}`,
    ],
  ),
])('refuses %o', (values, message) => {
  expect(() => readBackupSettings(values, compose, 'backup')).toThrow(message)
})

it('tries a backup of processes on no server but one that is named', () => {
  const values = { ...storage, ALFRED_BACKEND: 'process' }
  expect(() => readBackupSettings(values, compose, 'verify')).toThrow('ALFRED_SCRATCH_DATABASE must name')
  const scratch = { ...values, ALFRED_SCRATCH_DATABASE: 'postgres://scratch/alfred' }
  expect(readBackupSettings(scratch, compose, 'verify').scratch.url).toBe('postgres://scratch/alfred')
})
