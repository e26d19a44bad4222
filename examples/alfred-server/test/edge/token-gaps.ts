import { request } from 'node:https'
import { type TestEdge, testName } from './start-edge.ts'

/** Reads a stream of server-sent events through an edge. @returns the time between two tokens each, ms */
export function readTokenGaps(
  { httpsPort, certificate }: TestEdge,
  path: string,
): Promise<readonly number[]> {
  return new Promise((resolve, reject) => {
    const arrivals: number[] = []
    const sent = request(
      {
        host: '127.0.0.1',
        port: httpsPort,
        path,
        servername: testName,
        headers: { Host: testName, Accept: 'text/event-stream' },
        ca: certificate,
        agent: false,
      },
      (response) => {
        response.setEncoding('utf8').on('data', (text: string) => {
          for (const line of text.split('\n')) if (line.startsWith('data: ')) arrivals.push(performance.now())
        })
        response.once('end', () => {
          resolve(arrivals.slice(1).map((at, index) => at - (arrivals[index] ?? at)))
        })
        response.once('error', reject)
      },
    )
    sent.once('error', reject)
    sent.end()
  })
}

/** How many gaps differ from `expectedMs` by more than `toleranceMs`. */
export const lateTokens = (gaps: readonly number[], expectedMs: number, toleranceMs: number): number =>
  gaps.filter((gap) => Math.abs(gap - expectedMs) > toleranceMs).length
