import { EventEmitter } from 'node:events'
import { createServer } from 'node:http'
import { createFakeClock, passTime } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { drainOnSignals, type DrainOnSignalsOptions } from './drain-on-signals.ts'

function setUp(options: DrainOnSignalsOptions = {}) {
  const clock = createFakeClock()
  const emitter = new EventEmitter()
  const exits: string[] = []
  const server = createServer()
  const drain = drainOnSignals(server, {
    clock,
    readinessDelayMs: 1000,
    process: {
      on: (signal, listener) => emitter.on(signal, listener),
      off: (signal, listener) => emitter.off(signal, listener),
      exit: (code) => exits.push(`${String(code)} at ${String(clock.elapsedMs)}`),
    },
    ...options,
  })
  return { clock, drain, emitter, exits, server, signal: (name: NodeJS.Signals) => emitter.emit(name, name) }
}

it.each<[string, (() => unknown)[], string]>([
  ['0 when all went well', [() => Promise.resolve()], '0 at 1000'],
  ['1 when a hook failed', [() => Promise.reject(new Error('no'))], '1 at 1000'],
  ['1 when a hook hung', [() => new Promise(() => undefined)], '1 at 4000'],
])('exits with %s', async (_name, hooks, exit) => {
  const { clock, exits, signal } = setUp({ hooks: hooks.map((close) => ({ name: 'hook', close })) })
  signal('SIGTERM')
  await passTime(clock, 5000)
  expect(exits).toEqual([exit])
})

it.each<[string, [NodeJS.Signals, number][], string[]]>([
  // What arrives, and after how many ms.
  [
    'SIGINT during a drain',
    [
      ['SIGTERM', 0],
      ['SIGINT', 0],
    ],
    ['130 at 0', '0 at 1000'],
  ],
  [
    'a person who will not wait',
    [
      ['SIGINT', 0],
      ['SIGINT', 250],
    ],
    ['130 at 250', '0 at 1000'],
  ],
  [
    'a copy that a package manager passes on',
    [
      ['SIGINT', 0],
      ['SIGINT', 200],
    ],
    ['0 at 1000'],
  ],
  [
    'SIGTERM twice',
    [
      ['SIGTERM', 0],
      ['SIGTERM', 600],
    ],
    ['0 at 1000'],
  ],
  [
    'SIGTERM of a process manager after Ctrl-C',
    [
      ['SIGINT', 0],
      ['SIGTERM', 600],
    ],
    ['0 at 1000'],
  ],
])('answers %s', async (_name, arrivals, expected) => {
  const { clock, exits, signal } = setUp()
  for (const [name, afterMs] of arrivals) {
    await passTime(clock, afterMs)
    signal(name)
  }
  await passTime(clock, 2000)
  expect(exits).toEqual(expected)
})

it('exits when a drain that was started by hand is through', async () => {
  const { clock, drain, exits, signal } = setUp()
  void drain.start('an update')
  await passTime(clock, 500)
  signal('SIGTERM')
  await passTime(clock, 500)
  expect(exits).toEqual(['0 at 1000'])
})

it('listens to the signals that it is given, until it is closed', async () => {
  const { drain, emitter } = setUp({ signals: ['SIGUSR2'] })
  expect(emitter.eventNames()).toEqual(['SIGUSR2'])
  await drain.close()
  expect(emitter.eventNames()).toEqual([])
})

it.each<[string, unknown, string]>([
  ['a signal that does not exist', { signals: ['SIGTREM'] }, 'Did you mean "SIGTERM"?'],
  [
    'a process that cannot exit',
    { process: {} },
    'drain.process: must be an object with on(), off(), exit().',
  ],
  ['an unknown option', { delayMs: 1 }, 'drain.delayMs: is not an option.'],
])('refuses %s', (_name, options, message) => {
  expect(() => drainOnSignals(createServer(), options as DrainOnSignalsOptions)).toThrow(message)
})
