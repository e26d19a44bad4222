import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createTestCertificate, freePort, waitFor } from '@alfred/testkit'
import { nginxArguments } from '../../deployment/driver/edge/local-nginx.ts'
import { deploymentFolder, type TestEdge, testName } from './start-edge.ts'

const run = promisify(execFile)

/** How a renewal ended, and what it said. */
export interface Renewal {
  readonly code: number
  readonly output: string
}

/** A certificate authority that speaks ACME, and the client that renews an edge's certificate with it. */
export interface Acme extends AsyncDisposable {
  /** The authority's own certificate, PEM. */
  readonly root: string
  /** Issues the first certificate with `run`, or the next one with `renew`, as the guide's timer does. */
  renew(command: 'run' | 'renew'): Promise<Renewal>
  /** Ends the authority, so that nothing can be renewed. */
  stopAuthority(): Promise<void>
}

/** Let's Encrypt's test server `pebble`, whose certificates last as long as told, and `lego` with the hook of the example. */
export async function startAcme(edge: TestEdge, certificateSeconds: number): Promise<Acme> {
  const home = await mkdtemp(join(tmpdir(), 'alfred-acme-'))
  const [dnsPort, dnsManagementPort] = [await freePort(), await freePort()]
  const [port, managementPort] = [await freePort(), await freePort()]
  const own = await createTestCertificate(['localhost'])
  const files = { certificate: join(home, 'cert.pem'), privateKey: join(home, 'key.pem') }
  await writeFile(files.certificate, own.cert)
  await writeFile(files.privateKey, own.key)
  const config = join(home, 'pebble.json')
  const pebble = {
    ...files,
    listenAddress: `127.0.0.1:${String(port)}`,
    managementListenAddress: `127.0.0.1:${String(managementPort)}`,
    // Where it looks for the answer to its challenge: the edge's port for http.
    httpPort: edge.httpPort,
    tlsPort: edge.httpsPort,
    certificateValidityPeriod: certificateSeconds,
  }
  await writeFile(config, JSON.stringify({ pebble }))
  const log = await open(join(home, 'log'), 'a')
  const start = (program: string, args: readonly string[]): ChildProcess =>
    spawn(program, args, {
      stdio: ['ignore', log.fd, log.fd],
      env: { ...process.env, PEBBLE_VA_NOSLEEP: '1' },
    })
  const off = ['-http01', '-https01', '-tlsalpn01'].flatMap((option) => [option, ''])
  const dns = start('pebble-challtestsrv', [
    ...['-dns01', `127.0.0.1:${String(dnsPort)}`, '-management', `127.0.0.1:${String(dnsManagementPort)}`],
    ...['-defaultIPv4', '127.0.0.1', '-defaultIPv6', '', ...off],
  ])
  const authority = start('pebble', ['-config', config, '-dnsserver', `127.0.0.1:${String(dnsPort)}`])
  const stop = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  const hook = await writeHook(edge, home)
  const ask = (path: string): Promise<string> =>
    readOver(`https://localhost:${String(managementPort)}${path}`, own.cert)
  const root = await waitFor(() => ask('/roots/0'), { timeoutMs: 20_000, what: 'the start of pebble' })

  return {
    root,
    async renew(command) {
      const options = {
        run: ['run', '--run-hook', hook],
        renew: ['renew', '--days', '3650', '--no-random-sleep', '--renew-hook', hook],
      }
      const lego = [
        ...['lego', '--path', join(home, 'lego'), '--server', `https://localhost:${String(port)}/dir`],
        ...['--accept-tos', '--email', 'operator@alfred.test', '--domains', testName],
        ...['--http', '--http.webroot', join(edge.folder, 'challenges'), ...options[command]],
      ]
      const env = { ...process.env, LEGO_CA_CERTIFICATES: files.certificate }
      return run(join(deploymentFolder, 'ssl/renew-certificate.sh'), [edge.folder, ...lego], { env }).then(
        ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
        (error: unknown) => ({ code: 1, output: String(error) }),
      )
    },
    stopAuthority: () => stop(authority),
    async [Symbol.asyncDispose]() {
      await Promise.all([stop(authority), stop(dns)])
      await log.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** The hook that certbot or lego is given, with what differs on this machine. */
async function writeHook(edge: TestEdge, home: string): Promise<string> {
  const nginx = await writeNginxCommand(edge, home)
  const hook = join(home, 'hook')
  const script = join(deploymentFolder, 'ssl/install-certificate.sh')
  await writeFile(hook, `#!/bin/sh\nEDGE_FOLDER='${edge.folder}' NGINX='${nginx}' exec '${script}'\n`, {
    mode: 0o755,
  })
  return hook
}

/** @returns a command of one word that runs the edge's nginx: the hook splits at spaces, and the pid directive has one */
export async function writeNginxCommand(edge: TestEdge, folder: string): Promise<string> {
  const file = join(folder, 'nginx')
  const args = nginxArguments(edge).map((word) => `'${word}'`)
  await writeFile(file, `#!/bin/sh\nexec '${edge.program}' ${args.join(' ')} "$@"\n`, { mode: 0o755 })
  return file
}

function readOver(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { ca, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.once('end', () => {
        resolve(body)
      })
    })
    request.once('error', reject)
  })
}
