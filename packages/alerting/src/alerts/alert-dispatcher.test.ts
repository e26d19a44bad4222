import { createFakeClock } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { recordingSink, settled } from '../../test/support/recording-sink.ts'
import type { Alert, AlertNotification } from './alert.ts'
import { createAlertDispatcher } from './alert-dispatcher.ts'
import type { AlertDispatcherOptions } from './alert-dispatcher-options.ts'

const stuck: Alert = { name: 'OrdersStuck', severity: 'critical', summary: 'No order was shipped.' }

function setUp(options: Partial<AlertDispatcherOptions> = {}) {
  const clock = createFakeClock()
  const sink = recordingSink<AlertNotification>()
  const dispatcher = createAlertDispatcher({
    instance: 'one',
    clock,
    sinks: [sink],
    keepFiringForMs: 0,
    ...options,
  })
  onTestFinished(() => dispatcher.close())
  const pass = async (ms: number): Promise<void> => {
    await settled()
    clock.advance(ms)
    await settled()
  }
  const told = (): string[] => sink.attempts.map(({ status, name }) => `${status} ${name}`)
  return { clock, sink, dispatcher, pass, told }
}

it('tells of an alert once, and of its end', async () => {
  const { dispatcher, sink, pass } = setUp({
    service: 'shop',
    environment: 'test',
    runbookUrl: 'https://wiki.example.com/alerts',
  })
  dispatcher.raise({ ...stuck, labels: { region: 'eu' } })
  dispatcher.raise({ ...stuck, labels: { region: 'eu' } })
  await pass(5_000)
  dispatcher.resolve('OrdersStuck', { region: 'eu' })
  await settled()
  const startsAt = Date.UTC(2026, 0, 1, 4, 37, 11, 123)
  const shared = {
    name: 'OrdersStuck',
    severity: 'critical',
    summary: 'No order was shipped.',
    description: undefined,
    runbookUrl: 'https://wiki.example.com/alerts#ordersstuck',
    labels: { service: 'shop', instance: 'one', environment: 'test', region: 'eu' },
    startsAt,
    fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
  }
  expect(sink.attempts).toEqual([
    { ...shared, status: 'firing', endsAt: undefined },
    { ...shared, status: 'resolved', endsAt: startsAt + 5_000 },
  ])
  expect(dispatcher.active()).toEqual([])
})

it('tells again at once what has become critical', async () => {
  const { dispatcher, sink, pass } = setUp()
  dispatcher.raise({ ...stuck, severity: 'warning' })
  await pass(1_000)
  dispatcher.raise({ ...stuck, severity: 'warning' })
  dispatcher.raise({ ...stuck, severity: 'critical' })
  await pass(1_000)
  expect(sink.attempts.map(({ severity }) => severity)).toEqual(['warning', 'critical'])
})

it('tells nobody of what ends before its time', async () => {
  const { dispatcher, told, pass } = setUp()
  dispatcher.raise({ ...stuck, forMs: 60_000 })
  await pass(59_999)
  expect(dispatcher.active()).toMatchObject([{ name: 'OrdersStuck', state: 'pending' }])
  dispatcher.resolve('OrdersStuck')
  await pass(60_000)
  expect(told()).toEqual([])
})

it('fires when its time has come', async () => {
  const { dispatcher, told, pass } = setUp()
  dispatcher.raise({ ...stuck, forMs: 60_000 })
  await pass(30_000)
  dispatcher.raise({ ...stuck, forMs: 60_000 })
  await pass(30_000)
  expect(told()).toEqual(['firing OrdersStuck'])
  expect(dispatcher.active()).toMatchObject([{ state: 'firing' }])
})

it('repeats at its interval, and sooner for sinks that forget', async () => {
  const forgetful = { ...recordingSink<AlertNotification>('forgetful'), refreshMs: 60_000 }
  const steady = recordingSink<AlertNotification>('steady')
  const { dispatcher, pass } = setUp({ sinks: [forgetful, steady], repeatIntervalMs: 300_000 })
  dispatcher.raise(stuck)
  for (let minute = 0; minute < 10; minute++) await pass(60_000)
  expect(forgetful.attempts).toHaveLength(11)
  expect(steady.attempts).toHaveLength(3)
})

it('keeps an alert that flaps firing', async () => {
  const { dispatcher, told, pass } = setUp({ keepFiringForMs: 60_000 })
  for (let flap = 0; flap < 5; flap++) {
    dispatcher.raise(stuck)
    await pass(10_000)
    dispatcher.resolve('OrdersStuck')
    await pass(10_000)
  }
  expect(told()).toEqual(['firing OrdersStuck'])
  await pass(50_000)
  expect(told()).toEqual(['firing OrdersStuck', 'resolved OrdersStuck'])
})

it('ends what happens and does not last by itself', async () => {
  const { dispatcher, told, pass } = setUp()
  dispatcher.raise({ ...stuck, expiresAfterMs: 60_000 })
  await pass(30_000)
  dispatcher.raise({ ...stuck, expiresAfterMs: 60_000 })
  await pass(59_999)
  expect(told()).toEqual(['firing OrdersStuck'])
  await pass(1)
  expect(told()).toEqual(['firing OrdersStuck', 'resolved OrdersStuck'])
})

it('tells alerts apart by their labels', async () => {
  const { dispatcher, told } = setUp()
  dispatcher.raise({ ...stuck, labels: { region: 'eu' } })
  dispatcher.raise({ ...stuck, labels: { region: 'us' } })
  await settled()
  dispatcher.resolve('OrdersStuck', { region: 'eu' })
  dispatcher.resolve('OrdersStuck', { region: 'asia' })
  await settled()
  expect(told().sort()).toEqual(['firing OrdersStuck', 'firing OrdersStuck', 'resolved OrdersStuck'])
  expect(dispatcher.active()).toMatchObject([{ labels: { region: 'us' } }])
})

it('says nothing of muted alerts, and nothing after its end', async () => {
  const { clock, dispatcher, told } = setUp({ mute: ['OrdersStuck'] })
  dispatcher.raise(stuck)
  dispatcher.raise({ ...stuck, name: 'Other', forMs: 1_000 })
  await dispatcher.close()
  dispatcher.raise({ ...stuck, name: 'Late' })
  clock.advance(600_000)
  await settled()
  expect(told()).toEqual([])
  expect(clock.pendingTimers).toBe(0)
})

it('takes no alert after it was closed', async () => {
  const { dispatcher, told, pass } = setUp()
  await dispatcher.close()
  dispatcher.raise(stuck)
  await pass(1000)
  expect([told(), dispatcher.active()]).toEqual([[], []])
})
