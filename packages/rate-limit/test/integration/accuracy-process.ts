import { Redis } from 'ioredis'
import { compileRule, decide } from '../../src/compiled-rules.ts'
import { countScript, readReply } from '../../src/redis-script.ts'
import { accuracyRules } from './accuracy-rules.ts'

/** One of the processes of the accuracy test: asks without pause until told to stop, and logs every answer. */

/** One answer: the rule's place, the microsecond of Redis at which it was decided, whether it was admitted. */
export type LoggedAnswer = readonly [rule: number, atUs: number, admitted: boolean]

const client = new Redis(process.argv[2] ?? '')
const compiled = accuracyRules.map((rule) => [compileRule(rule)])
// The store's own script, which says besides when it ran.
const scripts = compiled.map((rules) =>
  countScript(rules).source.replaceAll('return reply', 'reply[#reply + 1] = now return reply'),
)
const log: LoggedAnswer[] = []
let running = true

async function ask(place: number): Promise<void> {
  const rules = compiled[place] ?? []
  const key = accuracyRules[place]?.name ?? ''
  while (running) {
    const reply = (await client.eval(scripts[place] ?? '', 1, key)) as number[]
    const states = readReply(reply.slice(0, -1), rules)
    if (!states) throw new Error('no reply of ours')
    const { admitted } = decide(rules, states, [rules[0]?.take ?? 0], false)
    log.push([place, reply.at(-1) ?? NaN, admitted])
  }
}

process.on('message', (message) => {
  if (message === 'go') {
    void Promise.all(accuracyRules.map((_, place) => ask(place))).then(() => {
      client.disconnect()
      process.send?.(log, () => {
        process.disconnect()
      })
    })
  } else running = false
})
await client.ping()
process.send?.('ready')
