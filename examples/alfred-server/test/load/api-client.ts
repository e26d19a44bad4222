import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { guestOf, postChat } from '../e2e/client.ts'
import { clientAddress } from './client-address.ts'
import { counted, type Tally } from './tally.ts'

/** How a client of the API behaves. */
export interface ApiClientOptions {
  readonly url: string
  /** Its addresses come from a range of its own. */
  readonly number: number
  readonly tally: Tally
  readonly pauseMs: number
  readonly isOver: () => boolean
}

/** More than a client asks in a run. */
const addressesOfEach = 10_000

/** As long as one address may ask at once: the limit is 100 in 15 minutes. */
const asksOfAnAddress = 50

const answer = z.looseObject({ sessionId: z.string() })

/** Somebody who looks at conversations, templates and usage, from one address after the other. */
export async function useApi({ url, number, tally, pauseMs, isOver }: ApiClientOptions): Promise<void> {
  let asked = 0
  const address = (): string =>
    clientAddress(1_000_000 + number * addressesOfEach + Math.floor(asked++ / asksOfAnAddress))
  const first = await postChat(url, { message: 'Hi' }, { 'x-forwarded-for': address() })
  const { sessionId } = answer.parse(await first.json())
  const guest = guestOf(first)
  const paths = [
    '/sessions',
    `/sessions/${sessionId}/messages`,
    '/templates',
    '/usage',
    `/sessions/${sessionId}/export`,
    '/providers',
  ]
  let n = 0
  do {
    await counted(tally, async () => {
      const path = paths[n++ % paths.length] ?? '/sessions'
      const askedAt = performance.now()
      const response = await fetch(`${url}/api/alfred${path}`, {
        headers: { ...guest, 'x-forwarded-for': address() },
      })
      tally.firstByteMs.push(performance.now() - askedAt)
      await response.arrayBuffer()
      tally.wholeMs.push(performance.now() - askedAt)
      if (!response.ok) throw new Error(`API ${String(response.status)}`)
    })
    await wait(pauseMs)
  } while (!isOver())
}
