import { createFakeClock, eventContract, passTime } from '@alfred/testkit'
import { createHealth } from './index.ts'

eventContract<'health'>({
  'health.changed': {
    event: { check: 'db', to: 'fail' },
    async cause(events) {
      const clock = createFakeClock()
      const check = () => Promise.reject(new Error('gone'))
      const health = createHealth({ clock, events, jitter: 0, checks: [{ name: 'db', check, failAfter: 1 }] })
      await passTime(clock, 1000)
      await health.close()
    },
  },
})
