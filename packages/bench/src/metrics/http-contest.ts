import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Progress } from '../report/bench-area.ts'
import { type MicroBenchmarkResult, sampleInTurn } from '../measure/micro-benchmark.ts'
import type { HttpContenderAnswer, HttpContenderRequest } from './http-contender.ts'

type ContenderName = 'bare' | 'ours' | 'peer' | 'peerTuned'

/**
 * Runs the contenders for the instrumentation of HTTP requests around the same exchange, each in a process of
 * its own: a server has one of them, and the engine shapes what all share (events, requests, responses) to it.
 *
 * @throws when one of them has not counted every request that it was given
 */
export async function runHttpContest(
  { rounds, sampleMs }: { readonly rounds: number; readonly sampleMs: number },
  progress: Progress,
): Promise<Record<ContenderName, MicroBenchmarkResult>> {
  const children: ChildProcess[] = []
  const start = async (name: ContenderName) => {
    const child = fork(fileURLToPath(import.meta.resolve('./http-contender.ts')), [name], {
      env: { ...process.env, NODE_ENV: 'production' },
      execArgv: ['--conditions=@alfred/source', '--expose-gc'],
    })
    children.push(child)
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the contender ${name} ended with code ${String(code)} too early`)
    })
    ended.catch(() => undefined)
    const ask = async (request: HttpContenderRequest): Promise<HttpContenderAnswer> => {
      child.send(request)
      const [answer] = (await Promise.race([once(child, 'message'), ended])) as [HttpContenderAnswer]
      if (answer.problem !== undefined) throw new Error(answer.problem)
      return answer
    }
    await ask({ ask: 'prepare', sampleMs })
    return {
      sample: async () => (await ask({ ask: 'sample' })).nsPerOp ?? NaN,
      check: () => ask({ ask: 'check' }),
    }
  }
  try {
    const contenders = {
      bare: await start('bare'),
      ours: await start('ours'),
      peer: await start('peer'),
      peerTuned: await start('peerTuned'),
    }
    const results = await sampleInTurn(contenders, rounds, progress)
    for (const { check } of Object.values(contenders)) await check()
    return results
  } finally {
    for (const child of children) child.disconnect()
  }
}
