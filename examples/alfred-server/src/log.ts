import { traceFields } from '@alfred/tracing'
import { type DestinationStream, type Logger as Pino, pino, stdSerializers } from 'pino'
import type { Settings } from './settings/settings.ts'

const levelNames: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error' }

/** One JSON line as a line for people: time, level, message, then the fields that are not plumbing. */
export function readableLine(json: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(json) as Record<string, unknown>
  const clockTime = typeof time === 'string' ? time.slice(11, 19) : ''
  const name = typeof level === 'number' ? (levelNames[level] ?? String(level)) : ''
  const reason =
    typeof err === 'object' && err !== null && 'message' in err ? ` (${String(err.message)})` : ''
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
  return `${clockTime} ${name.padEnd(5)} ${String(msg)}${reason}${rest.map((field) => ` ${field}`).join('')}\n`
}

const readable: DestinationStream = {
  write(json) {
    process.stdout.write(readableLine(json))
  },
}

/**
 * Node's and the SDKs' errors carry whole requests and responses, headers included: only what is known to
 * be harmless is logged.
 */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: 'a thrown value that is no Error' }
  const { type, message, stack } = stdSerializers.err(error)
  return { type, message, stack, ...('code' in error ? { code: error.code } : {}) }
}

/** Builds the log: JSON lines on stdout, or readable lines when a person looks on. */
export function createLog({ logFormat, logLevel }: Pick<Settings, 'logFormat' | 'logLevel'>): Pino {
  return pino(
    {
      level: logLevel,
      base: null,
      // From a line of the log to its trace.
      mixin: () => ({ ...traceFields() }),
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: serializeError },
    },
    logFormat === 'text' ? readable : pino.destination({ dest: 1, sync: true }),
  )
}
