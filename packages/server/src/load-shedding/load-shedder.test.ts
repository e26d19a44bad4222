import { type AlfredEvents, createEventBus, noopLogger } from '@alfred/core'
import { createFakeClock } from '@alfred/testkit'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLoadShedder } from './load-shedder.ts'
import type { LoadShedderOptions } from './load-shedder-options.ts'

function setUp(options: LoadShedderOptions = {}) {
  const clock = createFakeClock()
  const loop = { meanMs: 0, closed: 0 }
  const shed: AlfredEvents['load.shed'][] = []
  const changes: AlfredEvents['load.changed'][] = []
  const events = createEventBus(noopLogger)
  events.on('load.shed', (event) => shed.push(event))
  events.on('load.changed', (event) => changes.push(event))
  const eventLoopDelay = { takeMeanMs: () => loop.meanMs, close: () => loop.closed++ }
  const shedder = createLoadShedder({ clock, events, eventLoopDelay, ...options })
  onTestFinished(() => shedder.close())

  const ask = (url = '/') => {
    const request = Object.assign(new IncomingMessage(new Socket()), { url })
    const response = new ServerResponse(request)
    let passed = false
    shedder.middleware(request, response, () => (passed = true))
    return { passed, response, end: () => response.emit('close') }
  }
  /** The requests after a reading that pass however late the loop is. */
  const passAlways = (): void => {
    for (let sent = 0; sent < 5; sent++) expect(ask('/always').passed).toBe(true)
  }
  /** Lets the shedder read this delay. @returns whether a request more than those passes */
  const sample = (meanMs: number): boolean => {
    loop.meanMs = meanMs
    clock.advance(200)
    passAlways()
    return ask().passed
  }
  return { ask, changes, clock, loop, passAlways, sample, shed, shedder }
}

describe('a late event loop', () => {
  it.each([
    // delays read, whether a request passes after each
    [
      [0, 100, 250],
      [true, true, true],
    ],
    [[251], [true]],
    [
      [251, 251, 200, 126],
      [true, false, false, false],
    ],
    [
      [251, 300, 125, 250],
      [true, false, true, true],
    ],
    [
      [251, 250, 251],
      [true, true, true],
    ],
  ])('of %j ms lets pass: %j', (delays, expected) => {
    const { sample } = setUp()
    expect(delays.map(sample)).toEqual(expected)
  })

  it('is answered with 503, Retry-After and a problem', () => {
    const { ask, sample, shed, changes } = setUp({ retryAfterJitterMs: 0, retryAfterMs: 1500 })
    sample(300)
    sample(300)
    const { response } = ask()
    expect(response.statusCode).toBe(503)
    expect(response.getHeaders()).toMatchObject({
      'content-type': 'application/problem+json',
      'retry-after': 2,
    })
    expect(shed).toEqual([{ reason: 'event-loop-delay' }, { reason: 'event-loop-delay' }])
    sample(0)
    expect(changes).toEqual([
      { overloaded: true, reason: 'event-loop-delay' },
      { overloaded: false, reason: 'event-loop-delay' },
    ])
  })

  it('is not read between samples', () => {
    const { ask, loop, clock, passAlways } = setUp({ sampleMs: 1000 })
    loop.meanMs = 1000
    clock.advance(1999)
    expect(ask().passed).toBe(true)
    clock.advance(1)
    passAlways()
    expect(ask().passed).toBe(false)
  })

  it('is not looked at when told so, and no timer runs', () => {
    const { clock, sample } = setUp({ maxEventLoopDelayMs: false, maxInFlight: 100 })
    expect(clock.pendingTimers).toBe(0)
    expect(sample(10_000)).toBe(true)
  })

  it('is no longer read after close', async () => {
    const { clock, loop, shedder } = setUp()
    await shedder.close()
    expect([clock.pendingTimers, loop.closed]).toEqual([0, 1])
  })
})

describe('requests under way', () => {
  it('are refused above the limit, until one has ended', () => {
    const { ask, shed, shedder } = setUp({ maxInFlight: 2 })
    const [first, second, third] = [ask(), ask(), ask()]
    expect([first, second, third].map(({ passed }) => passed)).toEqual([true, true, false])
    expect(shed).toEqual([{ reason: 'in-flight' }])
    first.end()
    expect(ask().passed).toBe(true)
    expect(shedder.inFlight).toBe(2)
  })

  it('tell of overload once, until half of them are left', () => {
    const { ask, changes } = setUp({ maxInFlight: 4 })
    const running = [ask(), ask(), ask(), ask()]
    ask()
    running[0]?.end()
    running.push(ask())
    ask()
    for (const { end } of running.slice(1, 4)) end()
    expect(changes).toEqual([
      { overloaded: true, reason: 'in-flight' },
      { overloaded: false, reason: 'in-flight' },
    ])
  })

  it('count once, however they end', () => {
    const { ask, shedder } = setUp({ maxInFlight: 2 })
    const request = ask()
    request.end()
    request.end()
    expect(shedder.inFlight).toBe(0)
  })
})

it.each([
  ['/livez', true],
  ['/pay/1', true],
  ['/pay/../other', false],
  ['/LIVEZ', false],
  ['/other', false],
])('never refuses what is exempt: %s', (url, expected) => {
  const { ask, sample } = setUp({ exempt: ['/livez', '/pay/*', '/always'], maxInFlight: 1 })
  sample(10_000)
  sample(10_000)
  expect(ask(url).passed).toBe(expected)
})

it.each([
  ['an unknown one', { maxDelay: 5 }, 'ALFRED_CONFIG_UNKNOWN_KEY'],
  ['a delay of 0', { maxEventLoopDelayMs: 0 }, 'loadShedding.maxEventLoopDelayMs'],
  ['a word', { maxInFlight: 'many' }, 'loadShedding.maxInFlight'],
  ['every path', { exempt: '/*' }, 'must not exempt every request'],
  ['a path without its slash', { exempt: 'livez' }, 'loadShedding.exempt'],
])('refuses %s', (_what, options, message) => {
  expect(() => createLoadShedder(options as LoadShedderOptions)).toThrow(message)
})

it('reads the real event loop', async () => {
  const shedder = createLoadShedder({ maxEventLoopDelayMs: 20, sampleMs: 10 })
  onTestFinished(() => shedder.close())
  // Ever more work in each turn, until the shedder says that it is too much.
  for (let turnMs = 50; !shedder.isOverloaded && turnMs < 5000; turnMs += 50) {
    const until = performance.now() + turnMs
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  expect(shedder.isOverloaded).toBe(true)
})
