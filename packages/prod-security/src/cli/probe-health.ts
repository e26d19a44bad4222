import type { IncomingMessage } from 'node:http'

/** What a probe answered. */
export interface ProbeResult {
  readonly status: 'pass' | 'warn' | 'fail'
  readonly statusCode: number
  /** The body's `output`, such as `draining`. */
  readonly output: string | undefined
  readonly durationMs: number
}

/** Nothing answered, or not in time; the message is the reason in a few words. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError'
}

/** More of a body than this is not read: a summary is far shorter, and details are longer than a line. */
const maxBodyBytes = 65_536
const maxOutputCharacters = 80

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.byteLength
    if (bytes > maxBodyBytes) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

function member(body: string, name: string): unknown {
  try {
    const document: unknown = JSON.parse(body)
    return typeof document === 'object' && document !== null ? Reflect.get(document, name) : undefined
  } catch {
    return undefined
  }
}

/** On one line, whatever the server sent. */
const oneLine = (text: string): string =>
  text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, maxOutputCharacters)

/**
 * The status line decides between failing and not, as it does for an orchestrator; a body as
 * draft-inadarei-api-health-check-06 has it tells `warn` from `pass`. Redirects count as failures.
 */
function interpret(statusCode: number, body: string): Pick<ProbeResult, 'status' | 'output'> {
  const output = member(body, 'output')
  const stated = member(body, 'status')
  const succeeded = statusCode >= 200 && statusCode < 300
  return {
    status: !succeeded || stated === 'fail' ? 'fail' : stated === 'warn' ? 'warn' : 'pass',
    output: typeof output === 'string' && output !== '' ? oneLine(output) : undefined,
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  return (error as NodeJS.ErrnoException).code ?? oneLine(error.message)
}

/**
 * Asks a probe once, over a connection of its own.
 *
 * @throws {@link ProbeError}
 */
export async function probeHealth(url: URL, timeoutMs: number): Promise<ProbeResult> {
  const startedAt = performance.now()
  // Not fetch(), and TLS where it is needed alone: a container's probe starts a process each time.
  const { get } = await (url.protocol === 'https:' ? import('node:https') : import('node:http'))
  const headers = { Accept: 'application/health+json, application/json;q=0.9, */*;q=0.1' }
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, { agent: false, headers, signal }, resolve).on('error', reject)
    })
    const { statusCode = 0 } = response
    const result = interpret(statusCode, await readBody(response))
    return { ...result, statusCode, durationMs: performance.now() - startedAt }
  } catch (error) {
    // In the middle of a body the error that arrives is that of a lost connection.
    const reason = signal.aborted ? `${String(timeoutMs)} ms passed without an answer` : reasonOf(error)
    throw new ProbeError(reason, { cause: error })
  }
}
