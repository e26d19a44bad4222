import { createFakeClock, passTime } from '@alfred/testkit'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createHealth } from '../health.ts'
import { compositeCheck, type MemberCheck } from './composite-check.ts'

const up: MemberCheck = () => Promise.resolve()
const down: MemberCheck = () => Promise.reject(new Error('503 from https://provider'))
const hangs: MemberCheck = () => new Promise(() => undefined)

function setUp(members: Record<string, MemberCheck>) {
  const clock = createFakeClock()
  const checks = [compositeCheck({ name: 'ai-providers', members, clock, intervalMs: 10_000, failAfter: 1 })]
  const health = createHealth({ clock, checks, jitter: 0 })
  onTestFinished(() => health.close())
  return { clock, health }
}

it.each([
  ['all up', { a: up, b: up }, 'pass', 'pass', undefined],
  ['one down', { a: up, b: down }, 'warn', 'pass', '1 of 2 down'],
  ['one hanging', { a: up, b: hangs }, 'warn', 'pass', '1 of 2 down'],
  ['all down', { a: down, b: down }, 'fail', 'pass', '2 of 2 down'],
  ['all hanging', { a: hangs, b: hangs }, 'fail', 'pass', '2 of 2 down'],
])('%s: health and readiness', async (_name, members, health, readiness, output) => {
  const registry = setUp(members)
  await passTime(registry.clock, 2050)
  const snapshot = registry.health.snapshot()
  expect([snapshot.health, snapshot.readiness]).toEqual([health, readiness])
  expect(snapshot.checks[0]?.output).toBe(output)
})

it('names its members, and why one is down', async () => {
  const { clock, health } = setUp({ a: up, b: down, c: hangs })
  const measurements = () => health.snapshot().checks[0]?.measurements
  const member = (componentId: string, observedValue: boolean, output?: string) =>
    expect.objectContaining({ componentId, observedValue, output }) as unknown
  await passTime(clock, 2050)
  expect(measurements()).toEqual([
    member('a', true),
    member('b', false, 'down'),
    member('c', false, 'took longer than allowed'),
  ])
  await passTime(clock, 10_050)
  expect(measurements()?.at(2)).toEqual(member('c', false, 'an earlier run has not ended'))
})

it('asks a hanging member once, and aborts it at the end', async () => {
  const signals: AbortSignal[] = []
  const slow = vi.fn((signal: AbortSignal) => {
    signals.push(signal)
    return hangs(signal)
  })
  const { clock, health } = setUp({ a: up, slow })
  await passTime(clock, 60_000, 500)
  expect(slow).toHaveBeenCalledOnce()
  expect(signals[0]?.aborted).toBe(true)
  await health.close()
  expect(clock.pendingTimers).toBe(0)
})

it.each([
  [{ name: 'a', members: {} }, 'compositeCheck.members: must name at least one member.'],
  [{ name: 'a', members: { b: 1 } }, 'compositeCheck.members.b: must be a function.'],
  [{ members: { b: up } }, 'compositeCheck.name: is required.'],
])('refuses %j', (options, message) => {
  expect(() => compositeCheck(options as never)).toThrow(message)
})
