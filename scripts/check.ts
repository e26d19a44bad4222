/**
 * Everything that is checked besides the tests: types, lint, structure, format, unused code, documentation
 * examples, and the packages as they would be published. `pnpm check`; with names, only those steps: `pnpm check lint types`.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { packPublicPackages } from './pack-public-packages.ts'
import { findExecutable } from '../packages/testkit/src/processes/find-executable.ts'
import { ensurePackage, type SystemPackage } from './system-package.ts'

const run = promisify(execFile)

const shellcheck: SystemPackage = {
  name: 'shellcheck',
  isPresent: () => findExecutable('shellcheck') !== undefined,
  missing: 'The check "shell" needs shellcheck on PATH.',
  installLines: {
    'apt-get': 'sudo apt-get update && sudo apt-get install -y shellcheck',
    dnf: 'sudo dnf install -y ShellCheck',
    apk: 'sudo apk add shellcheck',
    brew: 'brew install shellcheck',
  },
  otherwise: 'Install shellcheck (https://www.shellcheck.net).',
}

interface Step {
  readonly name: string
  readonly what: string
  check(): Promise<void>
}

async function tool(command: string, ...args: string[]): Promise<void> {
  await run('pnpm', ['exec', command, ...args], { maxBuffer: 2 ** 26 })
}

/** The packages are built and packed once, for the steps that look at what would be published. */
let packed: Promise<readonly string[]> | undefined
const tarballs = (): Promise<readonly string[]> => (packed ??= packPublicPackages('.cache/packed'))

async function forEachTarball(check: (tarball: string) => Promise<void>): Promise<void> {
  for (const tarball of await tarballs()) await check(tarball)
}

const steps: readonly Step[] = [
  {
    name: 'lint',
    what: 'eslint, package boundaries',
    // The types of the whole repository need more memory than Node's default.
    check: () => tool('node', '--max-old-space-size=8192', 'node_modules/eslint/bin/eslint.js', '.'),
  },
  {
    name: 'types',
    what: 'TypeScript 7',
    check: () => tool('node', 'node_modules/@typescript/native/bin/tsc', '--noEmit', '-p', 'tsconfig.json'),
  },
  {
    name: 'examples',
    what: 'code in READMEs, docs and TSDoc',
    check: () => tool('node', 'scripts/check-examples.ts'),
  },
  {
    name: 'structure',
    what: 'circles of files and folders, length of files, banned words',
    check: () => tool('node', 'scripts/check-structure.ts'),
  },
  { name: 'format', what: 'prettier', check: () => tool('prettier', '--check', '.') },
  {
    name: 'shell',
    what: 'shellcheck',
    async check() {
      ensurePackage(shellcheck)
      const { stdout } = await run('git', ['ls-files', '*.sh'])
      await run('shellcheck', stdout.trim().split('\n'))
    },
  },
  {
    name: 'compose',
    what: 'dclint',
    async check() {
      const { stdout } = await run('git', ['ls-files', '*docker-compose*.yml'])
      await tool('dclint', '--max-warnings', '0', ...stdout.trim().split('\n'))
    },
  },
  {
    name: 'migrations',
    what: 'schema changes that the release before cannot live with',
    check: () => tool('node', 'scripts/check-migrations.ts'),
  },
  { name: 'unused', what: 'knip', check: () => tool('knip') },
  {
    name: 'publint',
    what: 'package manifests',
    check: () => forEachTarball((tarball) => tool('publint', 'run', '--strict', tarball)),
  },
  {
    name: 'attw',
    what: 'published types, ESM only',
    check: () => forEachTarball((tarball) => tool('attw', tarball, '--profile', 'esm-only')),
  },
  {
    name: 'size',
    what: 'size-limit',
    async check() {
      await tarballs()
      await tool('size-limit')
    },
  },
]

function outputOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { stdout = '', stderr = '' } = error as Error & { stdout?: string; stderr?: string }
  return `${stdout}${stderr}`.trim() || error.message
}

const names = process.argv.slice(2)
const unknown = names.filter((name) => !steps.some((step) => step.name === name))
if (unknown.length > 0) {
  console.error(`No such step: ${unknown.join(', ')}. Steps: ${steps.map((step) => step.name).join(', ')}`)
  process.exit(2)
}

const chosen = names.length === 0 ? steps : steps.filter((step) => names.includes(step.name))
let failed = 0

async function runStep(step: Step): Promise<void> {
  const { name, what } = step
  const startedAt = performance.now()
  const seconds = (): string => ((performance.now() - startedAt) / 1000).toFixed(1)
  try {
    await step.check()
    console.log(`ok    ${name.padEnd(10)} ${seconds().padStart(6)} s  ${what}`)
  } catch (error) {
    failed += 1
    console.log(`FAIL  ${name.padEnd(10)} ${seconds().padStart(6)} s  ${what}\n${outputOf(error)}\n`)
  }
}

// Two at a time: lint alone takes as long as all the others.
const waiting = chosen.values()
const lane = async (): Promise<void> => {
  for (const step of waiting) await runStep(step)
}
await Promise.all([lane(), lane()])
console.log(`${String(chosen.length - failed)} checks passed, ${String(failed)} failed`)
process.exitCode = failed === 0 ? 0 : 1
