import { startRedis } from '@alfred/testkit'
import type { BenchReport, Progress } from '../report/bench-area.ts'
import { type ForkedServer, forkServer } from '../load/forked-server.ts'
import { type HttpLoadResult, loadHttp } from '../load/http-load.ts'
import { interleave } from '../measure/interleave.ts'
import { pageOrigin, path } from './application.ts'
import { type Contender, type ContenderName, contenderNames, contenders } from './contenders.ts'
import { loadPlan, reportStack, type StackAnswer, type StackSample } from './stack-report.ts'

/** What a page of the app's own sends; the same for everyone. */
const headers = {
  accept: 'application/json',
  origin: pageOrigin,
  'sec-fetch-site': 'same-site',
  'sec-fetch-mode': 'cors',
  'sec-fetch-dest': 'empty',
  'user-agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
}

/** Requests/s of one Express app: bare, behind `alfredHardening`, and behind the peers composed by hand. */
export async function runStack(progress: Progress): Promise<BenchReport> {
  await using redis = await startRedis()
  await using cleanUp = new AsyncDisposableStack()
  const servers: Partial<Record<ContenderName, ForkedServer>> = {}
  const serverOf = (name: ContenderName): ForkedServer => {
    const server = servers[name]
    if (!server) throw new Error(`${name} was not started`)
    return server
  }
  const load = (name: ContenderName, seconds: number): Promise<HttpLoadResult> =>
    loadHttp(serverOf(name).origin + path, { connections: loadPlan.connections, seconds, headers })

  for (const name of contenderNames) {
    const { module, variables }: Contender = contenders[name]
    const server = await forkServer(module, { ...variables, REDIS_URL: redis.url })
    cleanUp.defer(server.stop)
    servers[name] = server
  }
  const answers: Partial<Record<ContenderName, StackAnswer>> = {}
  for (const name of contenderNames) {
    progress(`${name}: warming up`)
    await load(name, loadPlan.warmUpSeconds)
    answers[name] = await readAnswer(serverOf(name).origin)
    checkAnswer(name, answers[name], answers.bare)
  }
  const samples = await interleave(contenderNames, loadPlan.rounds, async (name, round) => {
    const cpuBefore = await serverOf(name).cpuMs()
    const result = await load(name, loadPlan.seconds)
    const cpuMs = (await serverOf(name).cpuMs()) - cpuBefore
    const sample: StackSample = { ...result, cpuMicros: (cpuMs * 1000) / result.requests }
    progress(
      `${name} ${String(round)}/${String(loadPlan.rounds)}: ${sample.requestsPerSecond.toFixed(0)} requests/s`,
    )
    return sample
  })
  return reportStack(samples, answers)
}

async function readAnswer(origin: string): Promise<StackAnswer> {
  const response = await fetch(origin + path, { headers })
  return { body: await response.text(), headerNames: [...response.headers.keys()] }
}

function checkAnswer(name: ContenderName, answer: StackAnswer, bare: StackAnswer | undefined): void {
  if (answer.body !== bare?.body) throw new Error(`${name} answers another body than bare`)
  const missing = contenders[name].sends.filter((header) => !answer.headerNames.includes(header))
  if (missing.length > 0) throw new Error(`${name} does not send ${missing.join(', ')}`)
}
