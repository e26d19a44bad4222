import { z } from 'zod'
import { finishes, providerNames } from '../providers/chat-provider.ts'
import { turnStates } from '../chat/turn-state.ts'

const time = z.iso.datetime()
const provider = z.enum(providerNames)
const tokens = z.int().nonnegative()

/** A problem document (RFC 9457). */
export const problem = z
  .looseObject({ type: z.string(), title: z.string(), status: z.int() })
  .describe('What went wrong (RFC 9457)')

/** The whole answer to a question. */
export const chatAnswer = z.strictObject({
  sessionId: z.uuid(),
  message: z.strictObject({ id: z.uuid(), role: z.literal('assistant'), content: z.string() }),
  provider,
  model: z.string(),
  demo: z.boolean(),
  state: z.enum(['complete', 'stopped', 'cut', 'refused']),
  finish: z.enum(finishes),
  usage: z.strictObject({ inputTokens: tokens, outputTokens: tokens }).optional(),
})

const message = z.strictObject({
  id: z.uuid(),
  role: z.enum(['user', 'assistant']),
  content: z.string(),
  provider: provider.nullable(),
  model: z.string().nullable(),
  complete: z.boolean(),
  state: z.enum(turnStates),
  finish: z.enum(finishes).nullable(),
  createdAt: time,
})

/** The messages of a conversation. */
export const conversation = z.strictObject({ sessionId: z.uuid(), messages: z.array(message) })

const session = z.strictObject({ id: z.uuid(), title: z.string(), createdAt: time, updatedAt: time })

/** A page of conversations. */
export const sessionPage = z.strictObject({ sessions: z.array(session), next: z.string().optional() })

/** A conversation as a file. */
export const exportedConversation = session.extend({ messages: z.array(message) })

/** A conversation with its new title. */
export const renamedSession = z.strictObject({ id: z.uuid(), title: z.string() })

/** An answer that is being stopped. */
export const stoppedMessage = z.strictObject({ messageId: z.uuid() })

/** What an owner used. */
export const usageReport = z.strictObject({
  usage: z.array(
    z.strictObject({
      day: z.iso.date(),
      provider,
      model: z.string(),
      answers: z.int(),
      inputTokens: tokens,
      outputTokens: tokens,
      dollars: z.number(),
    }),
  ),
})

/** Who answers. */
export const providerList = z.strictObject({ providers: z.array(provider), demo: z.boolean() })

/** A prompt template. */
export const template = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  content: z.string(),
  placeholders: z.array(z.string()),
  createdAt: time,
})

/** The templates of an owner. */
export const templateList = z.strictObject({ templates: z.array(template) })

/** A template that was filled in. */
export const renderedTemplate = z.strictObject({ text: z.string() })
