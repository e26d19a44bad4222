import type { CommandOutput } from './health-command.ts'

/** What surrounds a command; `process` is one. */
export interface CommandEnvironment extends CommandOutput {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: AsyncIterable<Buffer | string> & { readonly isTTY?: boolean | undefined }
}
