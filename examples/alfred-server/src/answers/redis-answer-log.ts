import { type Logger, runDetached } from '@alfred/core'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { problemSchema } from '../chat/problem-schema.ts'
import { turnStates, isOver } from '../chat/turn-state.ts'
import { finishes, providerNames } from '../providers/chat-provider.ts'
import type { AnswerEntry, AnswerLog } from './answer-log.ts'

/** How long an answer can be followed after its last entry; then the database has it. */
const keptSeconds = 900

const keyOf = (messageId: string): string => `alfred:answer:${messageId}`

const length = z.int().min(0)
const entrySchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('provider'),
    answerer: z.object({ provider: z.enum(providerNames), model: z.string() }),
  }),
  z.object({ type: z.literal('text'), at: length, text: z.string() }),
  z.object({
    type: z.literal('end'),
    at: length,
    end: z.object({
      state: z.enum(turnStates).refine(isOver),
      finish: z.enum(finishes),
      usage: z.object({ inputTokens: z.number(), outputTokens: z.number() }).optional(),
      problem: problemSchema.optional(),
      retryAfterSeconds: z.number().optional(),
    }),
  }),
])

/** The entry in a row of the stream; `undefined` where something else wrote it. */
function readEntry(fields: readonly string[]): AnswerEntry | undefined {
  try {
    return entrySchema.safeParse(JSON.parse(fields[1] ?? '')).data
  } catch {
    return undefined
  }
}

/** Entries that wait to be sent: what comes while Redis is slow goes in one call. */
class Outbox {
  readonly #redis: Redis
  readonly #key: string
  #waiting: AnswerEntry[] = []
  #sending = false

  constructor(redis: Redis, key: string) {
    this.#redis = redis
    this.#key = key
  }

  async add(entry: AnswerEntry): Promise<void> {
    this.#waiting.push(entry)
    if (this.#sending) return
    this.#sending = true
    try {
      while (this.#waiting.length > 0) await this.#send(this.#waiting.splice(0))
    } finally {
      this.#sending = false
    }
  }

  async #send(entries: readonly AnswerEntry[]): Promise<void> {
    const batch = this.#redis.pipeline()
    for (const entry of entries) batch.xadd(this.#key, '*', 'entry', JSON.stringify(entry))
    batch.expire(this.#key, keptSeconds)
    batch.publish(this.#key, '')
    await batch.exec()
  }
}

/** One who follows a stream. Calls come one after the other, each from where the last one ended. */
class Follower {
  readonly #redis: Redis
  readonly #key: string
  readonly #listener: (entry: AnswerEntry) => void
  #last = '-'
  #reading = false
  #again = false
  ended = false

  constructor(redis: Redis, key: string, listener: (entry: AnswerEntry) => void) {
    this.#redis = redis
    this.#key = key
    this.#listener = listener
  }

  async read(): Promise<void> {
    this.#again = true
    if (this.#reading) return
    this.#reading = true
    try {
      while (this.#again && !this.ended) {
        this.#again = false
        for (const [id, fields] of await this.#redis.xrange(this.#key, this.#last, '+')) {
          this.#last = `(${id}`
          const entry = readEntry(fields)
          if (entry) this.#listener(entry)
        }
      }
    } finally {
      this.#reading = false
    }
  }
}

/** Keeps one stream an answer in Redis, and tells followers by a channel of the same name. */
export function createRedisAnswerLog(url: string, logger: Logger): AnswerLog {
  const connect = (): Redis => {
    const redis = new Redis(url, {
      // What cannot be told now is in the database in a second.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: 2000,
      connectTimeout: 2000,
    })
    // It connects again by itself, and the health check tells of it.
    redis.on('error', (err: unknown) => {
      logger.debug({ err }, 'the connection of the answers to Redis broke')
    })
    return redis
  }
  const redis = connect()
  const subscriber = connect()
  const outboxes = new Map<string, Outbox>()
  const followers = new Map<string, Set<Follower>>()

  /** Redis may be away for a while. */
  const detach = (work: () => Promise<unknown>): void => {
    runDetached(work, (err) => {
      logger.debug({ err }, 'Redis did not take or tell of an answer')
    })
  }
  const wake = (key: string): void => {
    for (const follower of followers.get(key) ?? []) detach(() => follower.read())
  }
  subscriber.on('message', wake)
  // After a while without a connection.
  subscriber.on('ready', () => {
    for (const key of followers.keys()) wake(key)
  })

  return {
    append(messageId, entry) {
      const key = keyOf(messageId)
      const outbox = outboxes.get(key) ?? new Outbox(redis, key)
      outboxes.set(key, outbox)
      if (entry.type === 'end') outboxes.delete(key)
      detach(() => outbox.add(entry))
    },

    follow(messageId, listener) {
      const key = keyOf(messageId)
      const follower = new Follower(redis, key, listener)
      const others = followers.get(key) ?? new Set()
      followers.set(key, others.add(follower))
      detach(async () => {
        // First the subscription, so that nothing comes between the two.
        await subscriber.subscribe(key)
        await follower.read()
      })
      return () => {
        follower.ended = true
        others.delete(follower)
        if (others.size > 0) return
        followers.delete(key)
        detach(() => subscriber.unsubscribe(key))
      }
    },

    [Symbol.asyncDispose]() {
      redis.disconnect()
      subscriber.disconnect()
      return Promise.resolve()
    },
  }
}
