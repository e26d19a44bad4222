import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { HostileRequest } from './requests/hostile-request.ts'
import { type Answer, readAnswers } from './read-answers.ts'

/** How one connection ended. */
export interface Exchange {
  /** `closed`: without a complete answer; `left`: by us; `hung`: not within the bound. */
  readonly outcome: 'answered' | 'closed' | 'left' | 'hung'
  readonly answers: readonly Answer[]
  /** All that came, one character a byte. */
  readonly received: string
}

/** More than any answer of the servers under test. */
const maxReceivedBytes = 4 * 2 ** 20

/**
 * Makes a request on a connection of its own.
 *
 * @param boundMs - how long the connection may stay without a complete answer
 * @param localAddress - which loopback address asks
 */
export function sendRequest(
  port: number,
  request: HostileRequest,
  boundMs: number,
  localAddress: string,
): Promise<Exchange> {
  const { steps, answers: expected = 1, bodiless = false } = request
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress, allowHalfOpen: true })
    let received = ''
    let finished = false

    const finish = (wish: 'ended' | 'left' | 'hung'): void => {
      if (finished) return
      finished = true
      clearTimeout(deadline)
      socket.destroy()
      const answers = readAnswers(received, bodiless)
      const ended = answers.length > 0 ? 'answered' : 'closed'
      resolve({ outcome: wish === 'ended' ? ended : wish, answers, received })
    }
    const deadline = setTimeout(() => {
      finish('hung')
    }, boundMs)

    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      const isComplete = readAnswers(received, bodiless).length >= expected
      if (isComplete || received.length > maxReceivedBytes) finish('ended')
    })
    socket.on('end', () => {
      finish('ended')
    })
    socket.on('close', () => {
      finish('ended')
    })
    // A reset is an end too.
    socket.on('error', () => undefined)

    const act = async (): Promise<void> => {
      for (const step of steps) {
        if (finished) return
        if ('send' in step) socket.write(step.send)
        else if ('waitMs' in step) await wait(step.waitMs)
        else if (step.leave === 'half-close') socket.end()
        else finish('left')
      }
    }
    socket.once('connect', () => {
      void act()
    })
  })
}
