import { request } from 'node:https'
import { type TestEdge, testName } from './start-edge.ts'

/** Reads the tokens of a stream of server-sent events through an edge until it ends or `signal` aborts. */
export function readTokens(
  { httpsPort, certificate }: TestEdge,
  path: string,
  onToken: () => void,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: httpsPort,
        path,
        servername: testName,
        headers: { Host: testName, Accept: 'text/event-stream' },
        ca: certificate,
        agent: false,
        signal,
      },
      (response) => {
        response.setEncoding('utf8').on('data', (text: string) => {
          for (const line of text.split('\n')) if (line.startsWith('data: ')) onToken()
        })
        response.once('end', resolve)
        response.once('error', reject)
      },
    )
    sent.once('error', reject)
    sent.end()
  })
}

/** Reads a stream of server-sent events through an edge. @returns the time between two tokens each, ms */
export async function readTokenGaps(edge: TestEdge, path: string): Promise<readonly number[]> {
  const arrivals: number[] = []
  await readTokens(edge, path, () => arrivals.push(performance.now()))
  return arrivals.slice(1).map((at, index) => at - (arrivals[index] ?? at))
}

/** How many gaps differ from `expectedMs` by more than `toleranceMs`. */
export const lateTokens = (gaps: readonly number[], expectedMs: number, toleranceMs: number): number =>
  gaps.filter((gap) => Math.abs(gap - expectedMs) > toleranceMs).length
