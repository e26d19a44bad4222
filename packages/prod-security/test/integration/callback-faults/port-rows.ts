import type { Clock, EventBus, Logger } from '@alfred/core'
import { createEventBus, noopLogger, systemClock } from '@alfred/core'
import { type AnyFunction, type Row } from './row.ts'
import { guardStatuses } from './serve.ts'

const rateLimit = { policies: [{ name: 'p', limit: 1, windowMs: 60_000, key: 'address' as const }] }
const csrfAttack: RequestInit = { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } }

/** Whether the layers of a guard go on: a refusal of CSRF, one request, one that is one too many. */
const guards = async (part: {
  readonly logger?: Logger
  readonly clock?: Clock
  readonly events?: EventBus
}): Promise<boolean> => {
  const identify = (): never => {
    // Makes the logger work too.
    throw new Error('unknown')
  }
  const statuses = await guardStatuses({ ...part, rateLimit, identify }, [['/', csrfAttack], ['/'], ['/']])
  return statuses.join() === '403,200,429'
}

const logger = (level: keyof Logger): Row => ({
  holds: (call) => guards({ logger: { ...noopLogger, [level]: call } }),
})
const clock = (name: keyof Clock): Row => ({
  wrong: [undefined, null, NaN, Infinity, '5', {}, []],
  open: 0,
  holds: (call) => guards({ clock: { ...systemClock, [name]: call } }),
})

/** The functions of loggers, clocks and buses, which every layer calls. */
export const portRows: Readonly<Record<string, Row>> = {
  'Logger.debug': logger('debug'),
  'Logger.info': logger('info'),
  'Logger.warn': logger('warn'),
  'Logger.error': logger('error'),
  'Clock.now': clock('now'),
  'Clock.monotonicMs': clock('monotonicMs'),
  'Clock.setTimeout': clock('setTimeout'),
  'Clock.setTimeout(callback)': { callerWaits: true, holds: () => true },
  'EventBus.emit': { holds: (emit) => guards({ events: { emit, on: () => () => undefined } }) },
  'EventBus.on': { holds: (on) => guards({ events: { emit: () => undefined, on } }) },
  'EventBus.on(listener)': {
    holds: (listener: AnyFunction) => {
      const events = createEventBus(noopLogger)
      for (const name of ['csrf.denied', 'rate-limit.denied'] as const) events.on(name, listener)
      return guards({ events })
    },
  },
}
