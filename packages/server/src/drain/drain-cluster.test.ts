import { EventEmitter } from 'node:events'
import { createFakeClock, passTime } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { type ClusterWorkerLike, drainCluster, type DrainClusterOptions } from './drain-cluster.ts'

function setUp(options: DrainClusterOptions = {}) {
  const clock = createFakeClock()
  const signals = new EventEmitter()
  const events: string[] = []
  const fork = (name: string) => ({
    process: {
      kill: (signal: NodeJS.Signals) => events.push(`${signal} to ${name} at ${String(clock.elapsedMs)}`),
    },
  })
  const workers: Readonly<Record<string, ClusterWorkerLike>> = { 1: fork('first'), 2: fork('second') }
  const cluster = Object.assign(new EventEmitter(), { workers })
  const drain = drainCluster({
    clock,
    cluster,
    process: {
      on: (signal, listener) => signals.on(signal, listener),
      off: (signal, listener) => signals.off(signal, listener),
      exit: (code) => events.push(`exit ${String(code)} at ${String(clock.elapsedMs)}`),
    },
    ...options,
  })
  const signal = (name: NodeJS.Signals) => signals.emit(name, name)
  const exit = (id: string, code: number | null) => cluster.emit('exit', workers[id], code)
  return { clock, cluster, drain, events, exit, fork, signal, signals }
}

it.each<[string, NodeJS.Signals, number | null, number]>([
  ['0 when every worker has drained', 'SIGTERM', 0, 0],
  ['1 when one was forced', 'SIGINT', 1, 1],
  ['1 when one was killed', 'SIGTERM', null, 1],
])('passes the signal on and exits with %s', async (_name, name, code, expected) => {
  const { clock, drain, events, exit, signal } = setUp()
  expect(drain.draining).toBe(false)
  signal(name)
  expect(drain.draining).toBe(true)
  exit('1', 0)
  await passTime(clock, 100)
  signal('SIGTERM')
  exit('2', code)
  await passTime(clock, 0)
  expect(events).toEqual([
    `${name} to first at 0`,
    `${name} to second at 0`,
    `exit ${String(expected)} at 100`,
  ])
})

it('kills what is left at the deadline, and what is forked meanwhile', async () => {
  const { clock, cluster, events, exit, fork, signal } = setUp({ deadlineMs: 1000 })
  signal('SIGTERM')
  exit('1', 0)
  cluster.emit('fork', fork('third'))
  await passTime(clock, 1000)
  expect(events.slice(2)).toEqual(['SIGKILL to third at 0', 'SIGKILL to second at 1000', 'exit 1 at 1000'])
})

it('listens no more once it is closed', async () => {
  const { drain, signals } = setUp()
  await drain.close()
  expect(signals.eventNames()).toEqual([])
})

it.each<[string, unknown, string]>([
  ['an unknown option', { deadline: 1 }, 'drainCluster.deadline: is not an option.'],
  ['what is no cluster', { cluster: {} }, 'drainCluster.cluster: must be an object with on().'],
])('refuses %s', (_name, options, message) => {
  expect(() => drainCluster(options as DrainClusterOptions)).toThrow(message)
})
