import { chatAnswer, conversation, problem } from '../../src/openapi/answer-schemas.ts'

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

export { chatAnswer, conversation, problem }

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
