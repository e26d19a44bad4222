import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { explainedTests } from './explained-tests.ts'
import { readMochaReport } from './read-mocha-report.ts'

/** Express 5 with its dependencies: `git clone` and `npm install`. */
function expressCheckout(): string {
  const folder = process.env['EXPRESS_CHECKOUT']
  if (folder !== undefined && existsSync(join(folder, 'node_modules/mocha/bin/mocha.js'))) return folder
  console.error(
    'Set EXPRESS_CHECKOUT to a checkout of expressjs/express, version 5, in which npm install ran.',
  )
  process.exit(2)
}

const preload = fileURLToPath(new URL('guard-every-app.ts', import.meta.url))

// Tests wait 2 s by default, which is too short on a machine that does other things.
const mochaArguments =
  '--require test/support/env --reporter json --check-leaks --timeout 60000 test/ test/acceptance/'

/** Mocha's exit code is the number of failed tests: what it printed counts. */
const runTests = (folder: string): Promise<string> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [
        '--conditions=@alfred/source',
        '--import',
        preload,
        'node_modules/mocha/bin/mocha.js',
        ...mochaArguments.split(' '),
      ],
      { cwd: folder, env: { ...process.env, NODE_ENV: 'test' }, maxBuffer: 2 ** 28 },
      (_failure, output) => {
        resolve(output)
      },
    )
  })

/** Runs Express' own tests with the whole stack in front of every application. */
export async function verifyAdoption() {
  const { passed, total, failed } = readMochaReport(await runTests(expressCheckout()))
  for (const title of failed) console.error(`${title}: ${explainedTests[title] ?? 'NOT EXPLAINED'}`)
  const unexplained = failed.filter((title) => explainedTests[title] === undefined).length
  return { express: { passed, total }, unexplained }
}
