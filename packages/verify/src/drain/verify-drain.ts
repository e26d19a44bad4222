import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort, waitFor } from '@alfred/testkit'
import type { BalancerState } from './balancer.ts'
import { startRequests, startSseReaders, startWebSocketReaders, type Tally } from './clients.ts'
import { type EventLog, lastEvent } from './event-log.ts'
import type { InstanceOptions, InstanceReport } from './instance.ts'
import { startPipelined } from './pipelined-clients.ts'

export interface DrainFigures extends Readonly<Record<string, unknown>> {
  readonly requests: number
  /** Requests that were not answered with 200 and the right body. */
  readonly failed: number
  /** Pipelined requests that ran and whose answer did not come. */
  readonly droppedAnswers: number
  readonly pipelined: number
  /** Connections of clients or of the balancer that broke off. */
  readonly resets: number
  /** Events that a client missed or saw twice. */
  readonly sseLost: number
  readonly wsLost: number
  /** The longest time from SIGTERM to the exit, `readinessDelayMs` included. */
  readonly exitMs: number
  readonly restarts: number
  /** Restarts that ended with another exit code than 0. */
  readonly failedExits: number
  /** Streams and WebSockets that were ended and went on elsewhere. */
  readonly resumed: number
  readonly seconds: number
}

const plan = {
  requests: 100_000,
  restarts: 10,
  connections: 32,
  sseClients: 100,
  webSocketClients: 100,
  pipeliningClients: 8,
  /** Of the second instance, which is a cluster. */
  workers: 2,
  /** From the first SIGTERM to the second. */
  secondSignalMs: 600,
  readinessDelayMs: 2000,
  /** Between two restarts. */
  pauseMs: 2000,
  /** When to stop restarting in any case. */
  limitMs: 160_000,
} as const

function forkProgram(name: string, options: unknown): ChildProcess {
  const module = fileURLToPath(new URL(`./${name}.ts`, import.meta.url))
  return fork(module, [JSON.stringify(options)], {
    execArgv: ['--conditions=@alfred/source'],
    stdio: ['ignore', 2, 2, 'ipc'],
  })
}

/** A balancer in a process of its own, and what it said last. */
interface ForkedBalancer {
  readonly child: ChildProcess
  state: BalancerState | undefined
}

function forkBalancer(ports: readonly number[]): ForkedBalancer {
  const balancer: ForkedBalancer = { child: forkProgram('balancer-process', ports), state: undefined }
  balancer.child.on('message', (state: BalancerState) => (balancer.state = state))
  return balancer
}

/** @param ran - takes the pipelined requests that the instance ran */
async function startInstance(
  options: InstanceOptions,
  balancer: ForkedBalancer,
  ran: Set<string>,
): Promise<ChildProcess> {
  const child = forkProgram('instance', options)
  child.on('message', (report: InstanceReport) => {
    for (const path of report.ran) ran.add(path)
  })
  const isReady = (): boolean | undefined => balancer.state?.ready.includes(options.port)
  await waitFor(isReady, { timeoutMs: 20_000, what: 'an instance' })
  return child
}

/** @returns its exit code and how long it took */
async function end(child: ChildProcess): Promise<{ code: number | null; ms: number }> {
  const startedAt = performance.now()
  child.kill('SIGTERM')
  // As Kubernetes and process managers do.
  const again = setTimeout(() => child.kill('SIGTERM'), plan.secondSignalMs)
  const [code] = (await once(child, 'exit')) as [number | null]
  clearTimeout(again)
  return { code, ms: performance.now() - startedAt }
}

/** Restarts two instances in turn, one of them a cluster, by two SIGTERMs each, behind a balancer, under requests, SSE and WebSocket clients. */
export async function verifyDrain(): Promise<DrainFigures> {
  const log: EventLog = { epoch: Date.now(), intervalMs: 500 }
  const ports = [await freePort(), await freePort()]
  const balancer = forkBalancer(ports)
  const optionsOf = (port: number): InstanceOptions => ({
    port,
    log,
    readinessDelayMs: plan.readinessDelayMs,
    workers: port === ports[1] ? plan.workers : 0,
  })
  const tally: Tally = { requests: 0, failed: 0, resets: 0, resumed: 0 }
  const ran = new Set<string>()
  const children = new Map<number, ChildProcess>()
  const startedAt = performance.now()
  const elapsed = (): number => performance.now() - startedAt
  const exits: { code: number | null; ms: number }[] = []

  try {
    for (const port of ports) children.set(port, await startInstance(optionsOf(port), balancer, ran))
    const { port } = await waitFor(() => balancer.state)
    const requests = startRequests(port, plan.connections, tally)
    const sse = startSseReaders(port, plan.sseClients, tally)
    const webSockets = startWebSocketReaders(port, plan.webSocketClients, tally)

    const pipelined = startPipelined(() => balancer.state?.ready ?? [], plan.pipeliningClients)

    const done = (): boolean => tally.requests >= plan.requests && exits.length >= plan.restarts
    while (!done() && elapsed() < plan.limitMs) {
      for (const [instance, child] of [...children]) {
        exits.push(await end(child))
        children.set(instance, await startInstance(optionsOf(instance), balancer, ran))
        await sleep(plan.pauseMs)
        const load = loadavg()[0]?.toFixed(1) ?? ''
        console.error(
          `${String(exits.length)} restarts, ${String(tally.requests)} requests, ${String(tally.failed)} failed, load average ${load}`,
        )
      }
    }

    await Promise.all([requests.stop(), pipelined.stop()])
    const last = lastEvent(log)
    const [sseLost, wsLost] = await Promise.all([sse.lost(last), webSockets.lost(last)])
    const { broken = 0, reasons = [] } = balancer.state ?? {}
    for (const reason of reasons) console.error(reason)
    await Promise.all([sse.stop(), webSockets.stop()])
    // What the instances that still run have to report.
    for (const child of children.values()) exits.push(await end(child))
    return {
      requests: tally.requests,
      failed: tally.failed,
      pipelined: ran.size,
      droppedAnswers: [...ran].filter((path) => !pipelined.answered.has(path)).length,
      resets: tally.resets + broken,
      sseLost,
      wsLost,
      exitMs: Math.round(Math.max(...exits.map(({ ms }) => ms))),
      restarts: exits.length,
      failedExits: exits.filter(({ code }) => code !== 0).length,
      resumed: tally.resumed,
      seconds: Math.round(elapsed() / 1000),
    }
  } finally {
    for (const child of [...children.values(), balancer.child]) child.kill('SIGKILL')
  }
}
