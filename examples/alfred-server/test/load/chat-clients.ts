import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { type RawData, WebSocket } from 'ws'
import { z } from 'zod'
import { guestOf, postChat } from '../e2e/client.ts'
import { readEvents } from '../e2e/read-events.ts'
import { clientAddress } from './client-address.ts'
import { counted, type Tally } from './tally.ts'

/** How clients of the chat behave. */
export interface ChatClientOptions {
  readonly url: string
  /** Which client it is: it has an address of its own. */
  readonly number: number
  readonly tally: Tally
  /** How long somebody reads before they ask again, in ms. */
  readonly pauseMs: () => number
  readonly isOver: () => boolean
}

const question = 'How do I group a list of objects by a key in TypeScript?'
const started = z.looseObject({ sessionId: z.string() })

/** Somebody who talks by server-sent events. */
export async function talkByEvents(options: ChatClientOptions): Promise<void> {
  const { url, number, tally, pauseMs, isOver } = options
  let headers: Record<string, string> = {
    accept: 'text/event-stream',
    'x-forwarded-for': clientAddress(number),
  }
  let sessionId: string | undefined
  const ask = async (): Promise<void> => {
    const askedAt = performance.now()
    const response = await postChat(url, { message: question, ...(sessionId && { sessionId }) }, headers)
    if (!response.ok) throw new Error(`SSE ${String(response.status)}`)
    headers = { ...headers, ...guestOf(response) }
    let last = ''
    for await (const { event, data } of readEvents(response)) {
      if (last === '') tally.firstByteMs.push(performance.now() - askedAt)
      if (event === 'start') ({ sessionId } = started.parse(data))
      last = event
    }
    if (last !== 'done') throw new Error(`SSE ended with ${last}`)
    tally.wholeMs.push(performance.now() - askedAt)
  }
  await wait(pauseMs())
  do {
    await counted(tally, ask)
    await wait(pauseMs())
  } while (!isOver())
}

const socketEvent = z.looseObject({ event: z.string(), data: z.looseObject({}) })

/** Somebody who talks by one WebSocket. */
export async function talkBySocket(options: ChatClientOptions): Promise<void> {
  const { url, number, tally, pauseMs, isOver } = options
  await wait(pauseMs())
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/alfred`, {
    headers: { 'x-forwarded-for': clientAddress(number) },
  })
  await counted(tally, async () => {
    await once(socket, 'open')
  })
  tally.requests -= 1
  let sessionId: string | undefined
  const ask = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const askedAt = performance.now()
      let isFirst = true
      const end = (error?: Error): void => {
        socket.off('message', take).off('close', closed)
        if (error) reject(error)
        else resolve()
      }
      const closed = (code: number): void => {
        end(new Error(`WebSocket closed with ${String(code)}`))
      }
      const take = (message: RawData): void => {
        const { event, data } = socketEvent.parse(JSON.parse((message as Buffer).toString('utf8')))
        if (isFirst) tally.firstByteMs.push(performance.now() - askedAt)
        isFirst = false
        if (event === 'start') ({ sessionId } = started.parse(data))
        if (event === 'error') end(new Error(`WebSocket error ${String(data['status'])}`))
        if (event !== 'done') return
        tally.wholeMs.push(performance.now() - askedAt)
        end()
      }
      socket.on('message', take).on('close', closed)
      socket.send(JSON.stringify({ type: 'ask', message: question, ...(sessionId && { sessionId }) }))
    })
  do {
    await counted(tally, ask)
    await wait(pauseMs())
  } while (!isOver() && socket.readyState === WebSocket.OPEN)
  socket.terminate()
}
