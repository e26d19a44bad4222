import { expect, it } from 'vitest'
import { parseCommand } from './cli.ts'

const digest = `sha256:${'a'.repeat(64)}`

it.each([
  [['deploy', '1.4.2'], { name: 'deploy', reference: '1.4.2', environment: 'production', dryRun: false }],
  [['deploy', digest, 'staging', '--dry-run'], { reference: digest, environment: 'staging', dryRun: true }],
  [['rollback'], { name: 'rollback', reference: undefined, environment: 'production' }],
  [['rollback', 'staging', '--lock-wait', '30'], { environment: 'staging', lockWaitMs: 30_000 }],
  [['notify', '1.4.2', 'production', 'failed'], { reference: '1.4.2', outcome: 'failed' }],
])('reads %j', (args, expected) => {
  expect(parseCommand(args)).toMatchObject(expected)
})

it.each([
  [[], 'There is no command ""'],
  [['destroy'], 'There is no command "destroy"'],
  [['deploy'], 'deploy needs a version'],
  [['deploy', '../../etc'], 'deploy needs a version'],
  [['deploy', '-v'], "Unknown option '-v'"],
  [['deploy', '1', '../x'], 'is no name of an environment'],
  [['deploy', '1', 'staging', 'more'], '"more" is too much'],
  [['rollback', '--lock-wait', 'long'], 'whole seconds'],
])('refuses %j', (args, message) => {
  expect(() => parseCommand(args)).toThrow(message)
})
