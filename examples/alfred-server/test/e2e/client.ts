import { z } from 'zod'

/** Sends a chat message as a JSON client does. */
export function postChat(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(`${url}/api/alfred/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  })
}

/** Sends a chat message as a client that wants the tokens as they come. */
export const streamChat = (
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> => postChat(url, body, { accept: 'text/event-stream', ...headers })

/** The answer to a chat message. */
export const chatAnswer = z.strictObject({
  sessionId: z.uuid(),
  message: z.strictObject({ id: z.uuid(), role: z.literal('assistant'), content: z.string() }),
  provider: z.string(),
  model: z.string(),
  demo: z.boolean(),
  state: z.enum(['complete', 'stopped', 'cut', 'refused']),
  finish: z.string(),
  usage: z.strictObject({ inputTokens: z.number(), outputTokens: z.number() }).optional(),
})

/** The messages of a conversation. */
export const conversation = z.strictObject({
  sessionId: z.uuid(),
  messages: z.array(
    z.strictObject({
      id: z.uuid(),
      role: z.enum(['user', 'assistant']),
      content: z.string(),
      provider: z.string().nullable(),
      model: z.string().nullable(),
      complete: z.boolean(),
      state: z.enum(['pending', 'streaming', 'complete', 'stopped', 'cut', 'refused', 'failed']),
      finish: z.string().nullable(),
      createdAt: z.iso.datetime(),
    }),
  ),
})

/** A problem document (RFC 9457). */
export const problem = z.looseObject({ type: z.string(), title: z.string(), status: z.number() })

/** The cookie that a response gives to a new guest, as a request sends it. */
export function guestOf(response: Response): Readonly<Record<string, string>> {
  const cookie = response.headers.getSetCookie().find((field) => field.startsWith('alfred_guest='))
  return cookie === undefined ? {} : { cookie: cookie.split(';', 1)[0] ?? '' }
}

/** Becomes a new guest, whose headers the requests of a test send. */
export const becomeGuest = async (url: string): Promise<Readonly<Record<string, string>>> =>
  guestOf(await postChat(url, { message: 'hi', sessionId: crypto.randomUUID() }))

/** Reads a conversation. */
export async function readConversation(
  url: string,
  sessionId: string,
  headers: Readonly<Record<string, string>>,
) {
  const response = await fetch(`${url}/api/alfred/sessions/${sessionId}/messages`, { headers })
  return conversation.parse(await response.json())
}
