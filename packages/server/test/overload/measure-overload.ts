import { fork } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { fileURLToPath } from 'node:url'

/** How a server fares when more comes than it can do. */
export interface OverloadFigures {
  readonly admitted: number
  readonly shed: number
  /** Of the requests that were served, from when they were sent, in milliseconds. */
  readonly p99Ms: number
}

/** What comes, all at once, as the requests of many clients do that do not wait for each other. */
export interface OverloadPlan {
  readonly requests: number
  /** How long each keeps the server's processor busy. */
  readonly busyMs: number
}

/** Sends more requests than a server in another process can serve in time, and waits for all of their answers. */
export async function measureOverload(sheds: boolean, plan: OverloadPlan): Promise<OverloadFigures> {
  const module = fileURLToPath(new URL('./overloaded-server.ts', import.meta.url))
  const child = fork(module, [sheds ? 'shed' : 'queue', String(plan.busyMs)], {
    execArgv: ['--conditions=@alfred/source'],
  })
  try {
    const [port] = (await once(child, 'message')) as [number]
    const served: number[] = []
    let shed = 0
    const ask = (): Promise<void> =>
      new Promise((resolve, reject) => {
        let sentAt = performance.now()
        const request = get({ port, host: '127.0.0.1', agent: false }, (response) => {
          response.resume()
          response.on('end', () => {
            if (response.statusCode === 200) served.push(performance.now() - sentAt)
            else shed++
            resolve()
          })
        })
        // A client that is slow to connect does not count.
        request.on('finish', () => {
          sentAt = performance.now()
        })
        request.on('error', reject)
      })
    await Promise.all(Array.from({ length: plan.requests }, ask))
    served.sort((a, b) => a - b)
    return { admitted: served.length, shed, p99Ms: served[Math.floor((served.length - 1) * 0.99)] ?? 0 }
  } finally {
    child.kill('SIGKILL')
  }
}
