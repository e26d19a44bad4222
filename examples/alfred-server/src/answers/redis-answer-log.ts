import { createRequire } from 'node:module'
import { type Logger, runDetached } from '@alfred/core'
import {
  createRedisScript,
  openRedisConnection,
  readRedisConnection,
  type RedisConnection,
} from '@alfred/core/redis'
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

/** KEYS: the stream, which is the name of its channel too. */
const scripts = {
  /** ARGV: seconds to keep it, entries. */
  append: createRedisScript(`
    for i = 2, #ARGV do redis.call('XADD', KEYS[1], '*', 'entry', ARGV[i]) end
    redis.call('EXPIRE', KEYS[1], ARGV[1])
    redis.call('PUBLISH', KEYS[1], '')`),

  /** ARGV: where to begin. */
  read: createRedisScript(`return redis.call('XRANGE', KEYS[1], ARGV[1], '+')`),
}

const streamSchema = z.array(z.tuple([z.string(), z.array(z.string())]))

/** Entries that wait to be sent: what comes while Redis is slow goes in one call. */
class Outbox {
  readonly #redis: RedisConnection
  readonly #key: string
  #waiting: AnswerEntry[] = []
  #sending = false

  constructor(redis: RedisConnection, key: string) {
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
    const texts = entries.map((entry) => JSON.stringify(entry))
    await this.#redis.run(scripts.append, [this.#key], [keptSeconds, ...texts])
  }
}

/** One who follows a stream. Calls come one after the other, each from where the last one ended. */
class Follower {
  readonly #redis: RedisConnection
  readonly #key: string
  readonly #listener: (entry: AnswerEntry) => void
  #last = '-'
  #reading = false
  #again = false
  #ended = false

  constructor(redis: RedisConnection, key: string, listener: (entry: AnswerEntry) => void) {
    this.#redis = redis
    this.#key = key
    this.#listener = listener
  }

  async read(): Promise<void> {
    this.#again = true
    if (this.#reading) return
    this.#reading = true
    try {
      while (this.#again && !this.#ended) {
        this.#again = false
        const rows = streamSchema.parse(await this.#redis.run(scripts.read, [this.#key], [this.#last]))
        for (const [id, fields] of rows) {
          this.#last = `(${id}`
          const entry = readEntry(fields)
          if (entry) this.#listener(entry)
        }
      }
    } finally {
      this.#reading = false
    }
  }

  end(): void {
    this.#ended = true
  }
}

/** Keeps one stream an answer in Redis, and tells followers by a channel of the same name. */
export function createRedisAnswerLog(url: string, logger: Logger): AnswerLog {
  const redis = openRedisConnection(readRedisConnection('answers', { url, timeoutMs: 2000, logger }), {
    purpose: 'answers',
    loadIoredis: () => createRequire(import.meta.url)('ioredis') as unknown,
  })
  const outboxes = new Map<string, Outbox>()

  /** Redis may be away for a while. What cannot be told now is in the database in a second. */
  const detach = (work: () => Promise<unknown>): void => {
    runDetached(work, (err) => {
      logger.debug({ err }, 'storing or publishing an answer in Redis failed')
    })
  }

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
      const read = (): void => {
        detach(() => follower.read())
      }
      // It is read from the subscription on, so that nothing comes between the two.
      const subscription = redis.subscribe(key, { message: read, subscribed: read })
      return () => {
        follower.end()
        subscription.close()
      }
    },

    [Symbol.asyncDispose]() {
      redis.close()
      return Promise.resolve()
    },
  }
}
