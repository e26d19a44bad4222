import type { TestProjectInlineConfiguration } from 'vitest/config'

// Not 'import': Node is given these conditions too, and would then require() ES modules where CommonJS is meant.
const resolve = { conditions: ['@alfred/source', 'node', 'module'] }
const ssr = { resolve }
const setupFiles = ['./packages/testkit/src/setup/fail-on-console.ts']
const unitSetupFiles = [...setupFiles, './packages/testkit/src/setup/fail-on-leftovers.ts']

const project = (
  name: string,
  include: string[],
  test: NonNullable<TestProjectInlineConfiguration['test']> = {},
): TestProjectInlineConfiguration => ({
  resolve,
  ssr,
  test: { name, include, setupFiles, environment: 'node', restoreMocks: true, ...test },
})

/** How long sockets, servers and browsers may take to get there: vitest's second is too short on a busy machine. */
const expectation = { poll: { timeout: 20_000 } }

/** Unit tests need nothing; integration and e2e tests start their own servers on free ports. */
const projects: TestProjectInlineConfiguration[] = [
  // They change nothing that outlasts them, so a process need not be started and its imports read for every file.
  project(
    'unit',
    ['packages/*/src/**/*.test.ts', 'examples/*/{src,deployment}/**/*.test.ts', 'scripts/**/*.test.ts'],
    {
      isolate: false,
      setupFiles: unitSetupFiles,
      testTimeout: 30_000,
      expect: expectation,
    },
  ),
  project(
    'integration',
    ['packages/*/test/integration/**/*.test.ts', 'examples/*/test/integration/**/*.test.ts'],
    {
      testTimeout: 30_000,
      hookTimeout: 60_000,
      expect: expectation,
    },
  ),
  project('e2e', ['examples/*/test/e2e/**/*.test.ts', 'packages/*/test/e2e/**/*.test.ts'], {
    testTimeout: 120_000,
    hookTimeout: 90_000,
    expect: expectation,
  }),
]

export default projects
