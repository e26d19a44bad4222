import { Agent, request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { createStack, type Stack, stackName } from './stack.ts'

export interface StackFigures extends Readonly<Record<string, unknown>> {
  /** From nothing but images to a release in both slots, by one command. */
  readonly startSeconds: number
  readonly chatAnswered: boolean
  /** From a slot's end until Prometheus sees it. */
  readonly faultSeenSeconds: number
  /** Under the driver, and in the control that lets Compose replace both slots. Only in the long form. */
  readonly deployRequests?: number | undefined
  readonly deployFailed?: number | undefined
  readonly composeUpFailed?: number | undefined
}

const secondsSince = (startedAt: number): number => Math.round((performance.now() - startedAt) / 1000)

/** The production compose file from nothing: a chat through nginx over TLS, then a fault that monitoring sees. */
export async function verifyStack(): Promise<StackFigures> {
  const isShort = process.env['ALFRED_VERIFY'] === 'short'
  await using stack = await createStack()
  await stack.build('1.0.0')
  const startedAt = performance.now()
  await runScript(stack, 'first-start.sh', '1.0.0')
  const startSeconds = secondsSince(startedAt)
  const hasAnswered = await chat(stack)
  const rolled = isShort ? {} : await rollUnderLoad(stack)
  const faultSeenSeconds = await secondsUntilSeen(stack)
  if (!hasAnswered || rolled.deployFailed !== (isShort ? undefined : 0) || rolled.composeUpFailed === 0) {
    process.exitCode = 1
  }
  return { startSeconds, chatAnswered: hasAnswered, ...rolled, faultSeenSeconds }
}

async function runScript(stack: Stack, name: string, ...args: readonly string[]): Promise<void> {
  const code = await stack.script(name, ...args)
  if (code !== 0) throw new Error(`${name} ended with ${String(code)}`)
}

interface Answer {
  readonly status: number
  readonly body: string
}

async function ask(stack: Stack, agent: Agent, path: string, message?: string): Promise<Answer> {
  const body = message === undefined ? undefined : JSON.stringify({ message })
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: stack.httpsPort,
        path,
        method: body === undefined ? 'GET' : 'POST',
        agent,
        servername: stackName,
        headers: {
          Host: `${stackName}:${String(stack.httpsPort)}`,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.once('end', () => {
          resolve({ status: response.statusCode ?? 0, body: text })
        })
        response.once('error', reject)
      },
    )
    sent.once('error', reject)
    sent.end(body)
  })
}

async function chat(stack: Stack): Promise<boolean> {
  const agent = new Agent({ ca: await stack.certificate() })
  const { status, body } = await ask(stack, agent, '/api/alfred/chat', 'What does Map<string, number> mean?')
  return status === 200 && body.includes('"role":"assistant"')
}

/** Fault 2: the driver replaces both slots under load; the control is `docker compose up`, which does so at once. */
async function rollUnderLoad(
  stack: Stack,
): Promise<Pick<StackFigures, 'deployRequests' | 'deployFailed' | 'composeUpFailed'>> {
  const before = await stack.build('1.1.0')
  const driven = await withLoad(stack, () => runScript(stack, 'deploy.sh', '1.1.0'))
  const control = await withLoad(stack, async () => {
    await stack.setImages(await stack.build('1.0.0'))
    await stack.compose('up', '--detach', '--no-build', 'app-a', 'app-b')
    await sleep(5000)
  })
  await stack.setImages(before)
  await stack.compose('up', '--detach', '--no-build', '--wait', 'app-a', 'app-b')
  return { deployRequests: driven.requests, deployFailed: driven.failed, composeUpFailed: control.failed }
}

/** Asks on kept connections until `work` is done. */
async function withLoad(
  stack: Stack,
  work: () => Promise<void>,
): Promise<{ readonly requests: number; readonly failed: number }> {
  const ca = await stack.certificate()
  const tally = { requests: 0, failed: 0 }
  const ending = new AbortController()
  const client = async (): Promise<void> => {
    const agent = new Agent({ ca, keepAlive: true, maxSockets: 1 })
    while (!ending.signal.aborted) {
      const isGood = await ask(stack, agent, '/readyz').then(
        ({ status }) => status === 200,
        () => false,
      )
      tally.requests += 1
      if (!isGood) tally.failed += 1
      await sleep(20)
    }
    agent.destroy()
  }
  const clients = Array.from({ length: 8 }, client)
  try {
    await work()
  } finally {
    ending.abort()
    await Promise.all(clients)
  }
  return tally
}

/** Ends a slot behind everybody's back. @returns how long Prometheus took to see it */
async function secondsUntilSeen(stack: Stack): Promise<number> {
  await stack.compose('--profile', 'monitoring', 'up', '--detach', 'prometheus', 'alertmanager')
  await untilTrue(stack, 'count(up{job="alfred"} == 1) == 2')
  await stack.compose('stop', '--timeout', '5', 'app-b')
  const stoppedAt = performance.now()
  await untilTrue(stack, 'count(up{job="alfred"} == 1) == 1')
  return secondsSince(stoppedAt)
}

async function untilTrue(stack: Stack, query: string): Promise<void> {
  const deadline = performance.now() + 120_000
  const command = ['exec', '-T', 'prometheus', 'promtool', 'query', 'instant', 'http://127.0.0.1:9090', query]
  while ((await stack.compose(...command).catch(() => '')).trim() === '') {
    if (performance.now() > deadline) throw new Error(`Prometheus does not see: ${query}`)
    await sleep(1000)
  }
}
