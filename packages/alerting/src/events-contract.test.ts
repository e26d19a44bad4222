import { type EventBus, noopLogger } from '@alfred/core'
import { createFakeClock, eventContract } from '@alfred/testkit'
import { fails, recordingSink, settled } from '../test/support/recording-sink.ts'
import type { ErrorReport } from './errors/error-report.ts'
import { createAlerting } from './alerting.ts'

/** Reports one error to a sink that fails so many times, and lets so many seconds pass. */
async function report(events: EventBus, failures: number, seconds: number): Promise<void> {
  const clock = createFakeClock()
  const sink = recordingSink<ErrorReport>('tracker')
  sink.behaviours.push(...Array.from({ length: failures }, () => fails))
  const alerting = createAlerting({
    clock,
    events,
    logger: noopLogger,
    errorTracker: { sinks: [sink], maxAgeMs: 60_000 },
  })
  alerting.errorTracker.capture(new Error('broken'))
  for (let second = 0; second < seconds; second++) {
    await settled()
    clock.advance(1000)
  }
  await settled()
  const closed = alerting.close()
  clock.advance(5000)
  await closed
}

eventContract<'alerting'>({
  'alerting.delivered': {
    event: { channel: 'errors', sink: 'tracker' },
    cause: (events) => report(events, 0, 0),
  },
  'alerting.dropped': {
    event: { channel: 'errors', sink: 'tracker', reason: 'too-old' },
    cause: (events) => report(events, 100, 120),
  },
  'alerting.sink-changed': {
    event: { channel: 'errors', sink: 'tracker', available: false },
    cause: (events) => report(events, 100, 60),
  },
})
