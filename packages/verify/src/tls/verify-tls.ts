import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { startEchoApp } from '../../../../examples/alfred-server/test/edge/echo-app.ts'
import {
  startEdge,
  type TestEdge,
  testName,
} from '../../../../examples/alfred-server/test/edge/start-edge.ts'
import { unpackNewerPackage } from '../../../../scripts/newer-package.ts'

/** testssl.sh 3.2 knows ML-KEM, and brings an OpenSSL that speaks it, which the launcher starts. */
const testssl = { name: 'testssl.sh', programs: ['usr/bin/openssl'], suite: 'forky' } as const
const cache = fileURLToPath(new URL('../../../../.cache/debian', import.meta.url))

const findings = z.array(z.object({ id: z.string(), severity: z.string(), finding: z.string() }))
type Finding = z.infer<typeof findings>[number]

export interface TlsFigures extends Readonly<Record<string, unknown>> {
  readonly grade: string
  /** Why it is not better. */
  readonly gradeReasons: readonly string[]
  readonly protocols: readonly string[]
  readonly ciphers: readonly string[]
  readonly groups: readonly string[]
  readonly hasMlKem: boolean
  readonly hstsDays: number
  /** What testssl.sh calls vulnerable, or worse than low. */
  readonly problems: readonly string[]
}

/** Lets testssl.sh look at the edge with the certificate of a test. */
export async function verifyTls(): Promise<TlsFigures> {
  const bin = unpackNewerPackage(testssl, cache)
  const openssl = join(bin, 'openssl')
  const root = join(dirname(bin), 'root')
  // The app owns its headers, HSTS included.
  await using app = await startEchoApp((_request, response) => {
    response.setHeader('Strict-Transport-Security', 'max-age=63072000; includeSubDomains')
    response.end('ok')
  })
  await using edge = await startEdge({ slotPorts: [app.port, app.port] })
  const found = await look(edge, openssl, root)
  const figures = summarize(found)
  const isGood = figures.grade === 'A+' && figures.hasMlKem && figures.problems.length === 0
  if (!isGood) process.exitCode = 1
  return figures
}

async function look(edge: TestEdge, openssl: string, root: string): Promise<readonly Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-tls-'))
  try {
    const [authority, report] = [join(folder, 'authority.pem'), join(folder, 'report.json')]
    await writeFile(authority, edge.certificate)
    const args = [
      ...[join(root, 'usr/bin/testssl'), '--openssl', openssl, '--add-ca', authority, '--jsonfile', report],
      // All its parts are run, since a part alone gets no grade. The address is given, so that no name is looked up.
      ...['--quiet', '--color', '0', '--warnings', 'off', '--nodns', 'none', '--ip', '127.0.0.1'],
      `${testName}:${String(edge.httpsPort)}`,
    ]
    const env = { ...process.env, TESTSSL_INSTALL_DIR: join(root, 'etc/testssl') }
    const child = spawn('bash', args, { env, cwd: folder, stdio: ['ignore', 2, 2] })
    await new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject))
    return findings.parse(JSON.parse(await readFile(report, 'utf8')))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The certificate lasts a day, and an app stands behind the edge that has no headers but one. */
const isOfTest = (id: string): boolean => id.startsWith('cert_') || id === 'security_headers'

const bad = new Set(['MEDIUM', 'HIGH', 'CRITICAL', 'FATAL'])

function summarize(found: readonly Finding[]): TlsFigures {
  const textOf = (id: string): string => found.find((one) => one.id === id)?.finding ?? ''
  const named = (pattern: RegExp): readonly Finding[] => found.filter(({ id }) => pattern.test(id))
  const groups = named(/^FS_(?:ECDHE_curves|KEMs|curves)$/).flatMap(({ finding }) => finding.split(/\s+/))
  return {
    grade: textOf('overall_grade'),
    gradeReasons: named(/^grade_cap_reason/).map(({ finding }) => finding),
    protocols: named(/^(?:SSLv[23]|TLS1(?:_[123])?)$/)
      .filter(({ finding }) => /^offered/.test(finding))
      .map(({ id }) => id),
    ciphers: named(/^supportedciphers_/).flatMap(({ finding }) => finding.split(/\s+/)),
    groups,
    hasMlKem: groups.some((group) => group.includes('MLKEM')),
    hstsDays: Number(/^(\d+) days/.exec(textOf('HSTS_time'))?.[1] ?? 0),
    problems: found
      .filter(({ id, severity }) => bad.has(severity) && !isOfTest(id))
      .map(({ id, finding }) => `${id}: ${finding}`),
  }
}
