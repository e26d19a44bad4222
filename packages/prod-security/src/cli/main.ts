#!/usr/bin/env node
/** The command line: `alfred-security <command>`. What a command needs is loaded when it runs. */
import process from 'node:process'

const usage = `Usage: alfred-security <command>

  health URL    ask a health probe; exit code 0, or 1 when it fails, or 2 when nothing answers
  keys          the provider keys of a vault: list, add, stage, rotate, revoke, rewrap, audit,
                backup, restore
  client-keys   the API keys of your clients: create, list, rotate, revoke, rewrap

alfred-security <command> --help tells more.
`

const [command, ...args] = process.argv.slice(2)
if (command === 'health') {
  const { runHealthCommand } = await import('./health-command.ts')
  process.exitCode = await runHealthCommand(args, process)
} else if (command === 'keys') {
  const { runKeysCommand } = await import('./keys-command.ts')
  process.exitCode = await runKeysCommand(args, process)
} else if (command === 'client-keys') {
  const { runClientKeysCommand } = await import('./client-keys-command.ts')
  process.exitCode = await runClientKeysCommand(args, process)
} else if (command === '--help' || command === '-h') {
  process.stdout.write(usage)
} else {
  process.stderr.write(usage)
  process.exitCode = 2
}
