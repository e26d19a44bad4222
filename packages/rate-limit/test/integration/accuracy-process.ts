import { setTimeout as delay } from 'node:timers/promises'
import { accuracyPolicies, ask, createAccuracyLimiter, type LoggedAnswer } from './accuracy-limiter.ts'

/** One of the processes of the accuracy test: asks without pause until told to stop, and logs what was admitted. */

const workersEach = 4
const limiter = createAccuracyLimiter(process.argv[2] ?? '')
const admitted: LoggedAnswer[] = []
let running = true

async function work(policy: string): Promise<void> {
  while (running) {
    const answer = await ask(limiter, policy)
    if (answer.allowed) admitted.push(answer)
    // A denial that is remembered comes at once: without a pause nothing else would run.
    else await delay(1)
  }
}

process.on('message', (message) => {
  if (message === 'stop') running = false
  else {
    const workers = accuracyPolicies.flatMap(({ name }) =>
      Array.from({ length: workersEach }, () => work(name)),
    )
    void Promise.all(workers).then(async () => {
      await limiter.close()
      process.send?.(admitted, () => {
        process.disconnect()
      })
    })
  }
})
await limiter.ready()
process.send?.('ready')
