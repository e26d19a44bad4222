/**
 * Installs the packed packages into a new project, as a user would, and runs an ES module and a CommonJS consumer
 * on every supported Node, looks at what importing them loads, bundles them, and checks their types as users do.
 */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { bundlerPackages, checkBundles } from './check-bundles.ts'
import { checkConsumerTypes, typeScripts } from './check-consumer-types.ts'
import { packPublicPackages } from './pack-public-packages.ts'

const run = promisify(execFile)
const nodeMajors = ['22', '24', '26']
const consumers = ['esm-consumer.mjs', 'cjs-consumer.cjs', 'lazy-imports.mjs', 'missing-packages.mjs']

const tarballs = await packPublicPackages('.cache/smoke-packed')
const packages = Object.fromEntries(
  tarballs.map((path) => [
    basename(path).replace(/^alfred-(.+)-\d+\.\d+\.\d+.*$/, '@alfred/$1'),
    `file:${path}`,
  ]),
)
const nodes = Object.fromEntries(nodeMajors.map((major) => [`node${major}`, `npm:node@${major}`]))

const project = await mkdtemp(join(tmpdir(), 'alfred-smoke-'))
try {
  await cp('scripts/smoke', project, { recursive: true })
  await writeFile(
    join(project, 'package.json'),
    JSON.stringify({
      private: true,
      dependencies: {
        ...packages,
        ...nodes,
        ...typeScripts,
        ...bundlerPackages,
        express: '5',
        '@opentelemetry/api': '1',
        '@types/express': '5',
        '@types/node': '24',
        ioredis: '6',
        zod: '4',
      },
    }),
  )
  await writeFile(
    join(project, 'pnpm-workspace.yaml'),
    JSON.stringify({ allowBuilds: { node: true, esbuild: true }, overrides: packages }),
  )
  await run('pnpm', ['install', '--no-frozen-lockfile'], { cwd: project, maxBuffer: 2 ** 26 })

  for (const major of nodeMajors) {
    for (const consumer of consumers) {
      const node = join(project, 'node_modules', `node${major}`, 'bin', 'node')
      await run(node, ['--disable-warning=ExperimentalWarning', consumer], { cwd: project, timeout: 30_000 })
      console.log(`ok    Node ${major}  ${consumer}`)
    }
  }
  await checkBundles(project)
  await checkConsumerTypes(project, 'types-consumer.ts')
} finally {
  await rm(project, { recursive: true, force: true })
}
