import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createSecurityHeaders, nonce, type SecurityHeadersPreset } from '@alfred/security-headers'
import { createTestCertificate } from '@alfred/testkit'
import { CspEvaluator, DEFAULT_CHECKS, STRICTCSP_CHECKS } from 'csp_evaluator/dist/evaluator.js'
import { type Finding, Severity } from 'csp_evaluator/dist/finding.js'
import { CspParser } from 'csp_evaluator/dist/parser.js'

/** What both say of one preset. */
interface PresetFigures {
  /** Of the Observatory, whose scale begins with 100 and adds for what is beyond the usual. */
  readonly score: number
  readonly grade: string
  /** Findings of csp_evaluator that are high, or may be, or are faults of syntax. */
  readonly cspHigh: number
  /** Its other findings above "info". */
  readonly cspMedium: number
}

export type ObservatoryFigures = Readonly<Record<SecurityHeadersPreset, PresetFigures>>

/** The part of a scan's result that is read here. */
interface ScanResult {
  readonly scan: { readonly score: number; readonly grade: string }
  readonly tests: Readonly<Record<string, { readonly result: string; readonly scoreModifier: number }>>
}

const presets = ['api', 'spa', 'static', 'strict'] as const
const run = promisify(execFile)

/** Grades what the presets send with MDN's HTTP Observatory and Google's csp_evaluator, on loopback alone. */
export async function verifyObservatory(): Promise<ObservatoryFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-observatory-'))
  try {
    const { key, cert } = await createTestCertificate(['localhost'])
    const authority = join(folder, 'authority.pem')
    await writeFile(authority, cert)
    const scanner = await prepareScanner(folder)
    const figures: Partial<Record<SecurityHeadersPreset, PresetFigures>> = {}
    for (const preset of presets) figures[preset] = await grade(preset, { key, cert }, scanner, authority)
    const { api, spa, static: files, strict } = figures
    if (!api || !spa || !files || !strict) throw new Error('a preset was not graded')
    if (strict.score < 130) fail(`strict scores ${String(strict.score)}, less than 130`)
    return { api, spa, static: files, strict }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function fail(reason: string): void {
  console.error(reason)
  process.exitCode = 1
}

/**
 * Copies the Observatory's few files to where an empty list of preloaded hosts may be written beside them; the
 * real one, a download of its install script, knows no `localhost` either.
 *
 * @returns its command-line script
 */
async function prepareScanner(folder: string): Promise<string> {
  const entry = fileURLToPath(import.meta.resolve('@mdn/mdn-http-observatory'))
  const installed = resolve(entry, '..', '..')
  const copy = join(folder, 'observatory')
  await cp(join(installed, 'src'), join(copy, 'src'), { recursive: true })
  await cp(join(installed, 'package.json'), join(copy, 'package.json'))
  await mkdir(join(copy, 'conf'))
  await writeFile(join(copy, 'conf', 'hsts-preload.json'), '{}')
  // Its dependencies are its neighbours where pnpm put it.
  await symlink(resolve(installed, '..', '..'), join(folder, 'node_modules'))
  return join(copy, 'src', 'scan.js')
}

/** Serves a page, or JSON, behind the preset, and has it graded. */
async function grade(
  preset: SecurityHeadersPreset,
  tls: { readonly key: string; readonly cert: string },
  scanner: string,
  authority: string,
): Promise<PresetFigures> {
  const headers = createSecurityHeaders({ preset })
  let policy = ''
  const server = createServer(tls, (request, response) => {
    headers(request, response, () => {
      policy = String(response.getHeader('content-security-policy'))
      answer(preset, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  try {
    const { stdout } = await run(process.execPath, [scanner, `localhost:${String(address.port)}`], {
      // Nothing of ours, such as a proxy or another configuration, may decide the grade.
      env: { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: authority },
    })
    const { scan, tests } = JSON.parse(stdout) as ScanResult
    const findings = evaluate(policy)
    print(preset, scan, tests, findings)
    const isHigh = ({ severity }: Finding): boolean => high.includes(severity)
    const cspHigh = findings.filter(isHigh).length
    const cspMedium = findings.length - cspHigh
    if (findings.length > 0) fail(`csp_evaluator finds fault with ${preset}`)
    return { score: scan.score, grade: scan.grade, cspHigh, cspMedium }
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

function answer(preset: SecurityHeadersPreset, response: ServerResponse): void {
  if (preset === 'api') {
    response.setHeader('content-type', 'application/json')
    response.end('{"items":[]}')
  } else {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(
      `<!doctype html><title>page</title><script nonce="${nonce(response) ?? ''}" src="/app.js"></script>`,
    )
  }
}

const high: readonly Severity[] = [Severity.HIGH, Severity.HIGH_MAYBE, Severity.SYNTAX]

/** What csp_evaluator finds that is graver than "info". */
function evaluate(policy: string): readonly Finding[] {
  const evaluator = new CspEvaluator(new CspParser(policy).csp)
  return evaluator
    .evaluate(STRICTCSP_CHECKS, DEFAULT_CHECKS)
    .filter(({ severity }) => severity < Severity.INFO)
}

function print(
  preset: SecurityHeadersPreset,
  scan: ScanResult['scan'],
  tests: ScanResult['tests'],
  findings: readonly Finding[],
): void {
  console.log(`${preset}: ${String(scan.score)} (${scan.grade})`)
  for (const [name, { result, scoreModifier }] of Object.entries(tests)) {
    console.log(`  ${String(scoreModifier).padStart(4)}  ${name}: ${result}`)
  }
  for (const { directive, description } of findings) console.log(`  csp  ${directive}: ${description}`)
}
