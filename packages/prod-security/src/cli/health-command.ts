import { parseArgs } from 'node:util'
import { probeHealth, ProbeError } from './probe-health.ts'

/** Where a command prints. */
export interface CommandOutput {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

const usage = `Usage: alfred-security health URL [--timeout MS]

Asks a health probe, such as http://127.0.0.1:8080/readyz, and prints one line.

  --timeout MS   how long the whole answer may take; default 5000

Exit code 0: the probe passes or warns. 1: it fails. 2: wrong usage, or no answer in time.
`

const defaultTimeoutMs = 5000

interface Question {
  readonly url: URL
  readonly timeoutMs: number
}

/** @returns what was asked for, or what is wrong with it */
function readQuestion(positionals: readonly string[], timeout: string | undefined): Question | string {
  const [address, ...more] = positionals
  if (address === undefined) return 'URL is missing'
  if (more.length > 0) return 'one URL only'
  const url = URL.parse(address)
  if (!url || !/^https?:$/.test(url.protocol)) return 'URL must begin with http:// or https://'
  const timeoutMs = timeout === undefined ? defaultTimeoutMs : Number(timeout)
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 3_600_000) {
    return '--timeout must be a whole number of milliseconds from 1 to 3600000'
  }
  return { url, timeoutMs }
}

/**
 * `alfred-security health URL`.
 *
 * @returns the exit code
 */
export async function runHealthCommand(args: readonly string[], output: CommandOutput): Promise<0 | 1 | 2> {
  const refuse = (reason: string): 2 => {
    output.stderr.write(`alfred-security health: ${reason}\n\n${usage}`)
    return 2
  }

  let parsed
  try {
    parsed = parseArgs({
      args: [...args],
      options: { timeout: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    })
  } catch (error) {
    return refuse(error instanceof Error ? error.message : 'wrong arguments')
  }
  if (parsed.values.help) {
    output.stdout.write(usage)
    return 0
  }
  const question = readQuestion(parsed.positionals, parsed.values.timeout)
  if (typeof question === 'string') return refuse(question)

  const { url, timeoutMs } = question
  // Without its query and credentials: the line ends up in logs.
  const shown = `${url.origin}${url.pathname}`
  try {
    const { status, statusCode, output: reason, durationMs } = await probeHealth(url, timeoutMs)
    const why = reason === undefined ? '' : `, ${reason}`
    output.stdout.write(
      `${status} ${shown} (${String(statusCode)}${why}, ${String(Math.round(durationMs))} ms)\n`,
    )
    return status === 'fail' ? 1 : 0
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error
    output.stderr.write(`no answer ${shown} (${error.message})\n`)
    return 2
  }
}
