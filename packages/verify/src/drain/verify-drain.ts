import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort, waitFor } from '@alfred/testkit'
import type { BalancerState } from './balancer.ts'
import { startRequests, startSseReaders, startWebSocketReaders, type Tally } from './clients.ts'
import { type EventLog, lastEvent } from './event-log.ts'
import type { InstanceOptions } from './instance.ts'

export interface DrainFigures extends Readonly<Record<string, unknown>> {
  readonly requests: number
  /** Requests that were not answered with 200 and the right body. */
  readonly failed: number
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

async function startInstance(options: InstanceOptions, balancer: ForkedBalancer): Promise<ChildProcess> {
  const child = forkProgram('instance', options)
  const isReady = (): boolean | undefined => balancer.state?.ready.includes(options.port)
  await waitFor(isReady, { timeoutMs: 20_000, what: 'an instance' })
  return child
}

/** @returns its exit code and how long it took */
async function end(child: ChildProcess): Promise<{ code: number | null; ms: number }> {
  const startedAt = performance.now()
  child.kill('SIGTERM')
  const [code] = (await once(child, 'exit')) as [number | null]
  return { code, ms: performance.now() - startedAt }
}

/** Restarts two instances in turn, behind a balancer, under requests, SSE and WebSocket clients. */
export async function verifyDrain(): Promise<DrainFigures> {
  const log: EventLog = { epoch: Date.now(), intervalMs: 500 }
  const ports = [await freePort(), await freePort()]
  const balancer = forkBalancer(ports)
  const optionsOf = (port: number): InstanceOptions => ({
    port,
    log,
    readinessDelayMs: plan.readinessDelayMs,
  })
  const tally: Tally = { requests: 0, failed: 0, resets: 0, resumed: 0 }
  const children = new Map<number, ChildProcess>()
  const startedAt = performance.now()
  const elapsed = (): number => performance.now() - startedAt
  const exits: { code: number | null; ms: number }[] = []

  try {
    for (const port of ports) children.set(port, await startInstance(optionsOf(port), balancer))
    const { port } = await waitFor(() => balancer.state)
    const requests = startRequests(port, plan.connections, tally)
    const sse = startSseReaders(port, plan.sseClients, tally)
    const webSockets = startWebSocketReaders(port, plan.webSocketClients, tally)

    const done = (): boolean => tally.requests >= plan.requests && exits.length >= plan.restarts
    while (!done() && elapsed() < plan.limitMs) {
      for (const [instance, child] of [...children]) {
        exits.push(await end(child))
        children.set(instance, await startInstance(optionsOf(instance), balancer))
        await sleep(plan.pauseMs)
        const load = loadavg()[0]?.toFixed(1) ?? ''
        console.error(
          `${String(exits.length)} restarts, ${String(tally.requests)} requests, ${String(tally.failed)} failed, load average ${load}`,
        )
      }
    }

    await requests.stop()
    const last = lastEvent(log)
    const [sseLost, wsLost] = await Promise.all([sse.lost(last), webSockets.lost(last)])
    const { broken = 0, reasons = [] } = balancer.state ?? {}
    for (const reason of reasons) console.error(reason)
    await Promise.all([sse.stop(), webSockets.stop()])
    return {
      requests: tally.requests,
      failed: tally.failed,
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
