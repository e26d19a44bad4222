import {
  type FakeProvider,
  type PostgresService,
  type RedisService,
  startFakeOpenAi,
  startPostgres,
  startRedis,
} from '@alfred/testkit'
import {
  type AlfredProcess,
  startAlfred,
} from '../../../../examples/alfred-server/test/e2e/alfred-process.ts'
import { becomeGuest, conversation, postChat } from '../../../../examples/alfred-server/test/e2e/client.ts'
import { readEvents } from '../../../../examples/alfred-server/test/e2e/read-events.ts'

export interface ConversationFigures extends Readonly<Record<string, unknown>> {
  readonly rounds: number
  readonly questionsLost: number
  /** Rounds in which a client that resumed got a character twice, or one that was never said. */
  readonly tokensDoubled: number
  /** The longest time before a fault whose text was lost. */
  readonly textLostSeconds: number
  /** Conversations in which nothing could be asked any more. */
  readonly unanswerable: number
  /** The longest time from a fault to the first event of the resumed answer. */
  readonly resumedMs: number
}

const rounds = Number(process.env['ALFRED_VERIFY_ROUNDS'] ?? 200)

const faults = ['kill', 'database-restart', 'redis-flush', 'client-gone', 'provider-cut'] as const
type Fault = (typeof faults)[number]

const words = Array.from({ length: 600 }, (_, n) => `word${String(n)}`)
const answer = words.join(' ')

/** What a round runs on. */
interface Stage {
  readonly postgres: PostgresService
  readonly redis: RedisService
  readonly openai: FakeProvider
  readonly env: Readonly<Record<string, string>>
  maker: AlfredProcess
  readonly other: AlfredProcess
  readonly guest: Readonly<Record<string, string>>
}

/** Text as it came: how long it was at what time. */
interface Seen {
  text: string
  lastId: string | undefined
  sessionId: string
  messageId: string
  readonly times: { readonly length: number; readonly at: number }[]
}

let addresses = 0
const headersOf = ({ guest }: Stage): Record<string, string> => {
  addresses += 1
  return { 'x-forwarded-for': `198.18.${String(addresses >> 8)}.${String(addresses & 255)}`, ...guest }
}

/** Reads events into `seen` until `length` characters have come, or until the end. @returns the last event's name */
async function readInto(seen: Seen, response: Response, length: number): Promise<string | undefined> {
  let last: string | undefined
  for await (const { id, event, data } of readEvents(response)) {
    last = event
    seen.lastId = id ?? seen.lastId
    if (event === 'start') {
      seen.sessionId = String(data['sessionId'])
      seen.messageId = String(data['messageId'])
    } else if (event === 'token') {
      seen.text += String(data['text'])
      seen.times.push({ length: seen.text.length, at: performance.now() })
    }
    if (seen.text.length >= length) return last
  }
  return last
}

async function applyFault(stage: Stage, fault: Fault): Promise<void> {
  if (fault === 'kill') {
    stage.maker.child.kill('SIGKILL')
    await stage.maker.exited
  } else if (fault === 'database-restart') {
    await stage.postgres.kill()
    await stage.postgres.restart()
  } else if (fault === 'redis-flush') await stage.redis.restart()
}

const storedConversation = async (stage: Stage, sessionId: string) => {
  const url = `${stage.other.url}/api/alfred/sessions/${sessionId}/messages`
  return conversation.parse(await (await fetch(url, { headers: headersOf(stage) })).json()).messages
}

/** Asks, breaks something after a part of the answer, and resumes on the other instance. */
async function playRound(stage: Stage, fault: Fault, tenth: number) {
  const share = Math.floor((answer.length * tenth) / 10)
  if (fault === 'provider-cut') stage.openai.failNext({ cutAfter: Math.floor((words.length * tenth) / 10) })
  const seen: Seen = { text: '', lastId: undefined, sessionId: '', messageId: '', times: [] }
  const leaving = new AbortController()
  const question = crypto.randomUUID()
  const accept = { accept: 'text/event-stream', ...headersOf(stage) }
  const response = await postChat(stage.maker.url, { message: question }, accept, leaving.signal)
  await readInto(seen, response, share).catch(() => undefined)
  const brokenAt = performance.now()
  await applyFault(stage, fault)
  leaving.abort()

  const before = seen.text
  const events = `${stage.other.url}/api/alfred/messages/${seen.messageId}/events`
  const resume = () => {
    const headers = {
      ...headersOf(stage),
      ...(seen.lastId === undefined ? {} : { 'last-event-id': seen.lastId }),
    }
    return fetch(events, { headers })
  }
  let resumed = await resume()
  // The database may be on its way back.
  while (!resumed.ok && performance.now() - brokenAt < 30_000) resumed = await resume()
  const resumedMs = performance.now() - brokenAt
  await readInto(seen, resumed, Infinity)

  const stored = await storedConversation(stage, seen.sessionId)
  const kept = stored[1]?.content ?? ''
  const lostFrom = seen.times.find(({ length }) => length > kept.length)?.at
  if (fault === 'kill') stage.maker = await startAlfred({ env: stage.env })
  const next = await postChat(
    stage.other.url,
    { message: 'And?', sessionId: seen.sessionId },
    headersOf(stage),
  )
  await next.body?.cancel()
  return {
    questionLost: stored[0]?.content !== question,
    doubled: !answer.startsWith(seen.text) || !answer.startsWith(before),
    textLostSeconds: lostFrom === undefined ? 0 : (brokenAt - lostFrom) / 1000,
    unanswerable: !next.ok,
    resumedMs,
  }
}

/** Breaks every part of the system at every tenth of an answer and looks at what is left. */
export async function verifyConversations(): Promise<ConversationFigures> {
  await using postgres = await startPostgres()
  await using redis = await startRedis()
  await using openai = await startFakeOpenAi({ answer })
  const env = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: openai.baseUrl,
    TRUST_PROXY: 'loopback',
    AI_TOKENS_PER_DAY: '999999999',
    LOG_LEVEL: 'error',
  }
  const maker = await startAlfred({ env })
  await using other = await startAlfred({ env })
  const stage: Stage = { postgres, redis, openai, env, maker, other, guest: await becomeGuest(other.url) }
  const figures = { questionsLost: 0, tokensDoubled: 0, textLostSeconds: 0, unanswerable: 0, resumedMs: 0 }
  try {
    for (let round = 0; round < rounds; round++) {
      const fault = faults[round % faults.length] ?? 'kill'
      const result = await playRound(stage, fault, (Math.floor(round / faults.length) % 10) + 0.5).catch(
        (error: unknown) => {
          for (const alfred of [stage.maker, stage.other]) {
            const { exitCode, signalCode } = alfred.child
            console.error(`exit code ${String(exitCode)}, signal ${String(signalCode)}: ${alfred.output()}`)
          }
          throw error
        },
      )
      figures.questionsLost += Number(result.questionLost)
      figures.tokensDoubled += Number(result.doubled)
      figures.unanswerable += Number(result.unanswerable)
      figures.textLostSeconds = Math.max(figures.textLostSeconds, result.textLostSeconds)
      figures.resumedMs = Math.max(figures.resumedMs, Math.round(result.resumedMs))
      console.error(`${String(round + 1)} ${fault} ${JSON.stringify(result)}`)
    }
  } finally {
    await stage.maker[Symbol.asyncDispose]()
  }
  return { rounds, ...figures, textLostSeconds: Math.round(figures.textLostSeconds * 100) / 100 }
}
