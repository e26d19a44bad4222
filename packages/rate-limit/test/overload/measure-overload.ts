import { fork } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** How a server fares when more comes than it can do. */
export interface OverloadFigures {
  readonly admitted: number
  readonly shed: number
  /** Of the requests that were served, from their arrival in the server's process, in milliseconds. */
  readonly p99Ms: number
}

/** What comes, whatever becomes of it: requests do not wait for each other, as those of many clients do not. */
export interface OverloadPlan {
  readonly requestsPerSecond: number
  readonly busyMs: number
  readonly durationMs: number
}

/** Sends more requests than a server in another process can serve, and waits for all of their answers. */
export async function measureOverload(sheds: boolean, plan: OverloadPlan): Promise<OverloadFigures> {
  const module = fileURLToPath(new URL('./overloaded-server.ts', import.meta.url))
  const child = fork(module, [sheds ? 'shed' : 'queue', String(plan.busyMs)], {
    execArgv: ['--conditions=@alfred/source'],
  })
  try {
    const [port] = (await once(child, 'message')) as [number]
    let admitted = 0
    let shed = 0
    const ask = (): Promise<void> =>
      new Promise((resolve, reject) => {
        get({ port, host: '127.0.0.1', agent: false }, (response) => {
          response.resume()
          response.on('end', () => {
            if (response.statusCode === 200) admitted++
            else shed++
            resolve()
          })
        }).on('error', reject)
      })
    const answers: Promise<void>[] = []
    const startedAt = performance.now()
    while (performance.now() - startedAt < plan.durationMs) {
      const due = ((performance.now() - startedAt) / 1000) * plan.requestsPerSecond
      while (answers.length < due) answers.push(ask())
      await sleep(5)
    }
    await Promise.all(answers)
    child.send('report')
    const [served] = (await once(child, 'message')) as [number[]]
    served.sort((a, b) => a - b)
    return { admitted, shed, p99Ms: served[Math.floor((served.length - 1) * 0.99)] ?? 0 }
  } finally {
    child.kill('SIGKILL')
  }
}
