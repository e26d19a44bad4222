import { expect, it } from 'vitest'
import { type DelayReasons, readinessDelay } from './readiness-delay.ts'

const behindBalancer: DelayReasons = {
  reason: 'SIGTERM',
  isTerminal: false,
  probed: true,
}

it.each<[string, Partial<DelayReasons>, number]>([
  ['SIGTERM behind a balancer', {}, 5000],
  ['SIGTERM where nobody knows of probes', { probed: undefined }, 5000],
  ['SIGTERM where nobody has probed', { probed: false }, 0],
  ['SIGINT', { reason: 'SIGINT' }, 0],
  ['SIGTERM in a terminal, as file watchers send it', { isTerminal: true }, 0],
  ['what the configuration says, always', { readinessDelayMs: 700, probed: false, reason: 'SIGINT' }, 700],
  ['0 of the configuration', { readinessDelayMs: 0 }, 0],
])('waits after %s', (_name, reasons, expected) => {
  expect(readinessDelay({ ...behindBalancer, ...reasons })).toBe(expected)
})
