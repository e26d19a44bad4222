import { type OptionRule, parseRetryAfter, receiverUrlRule } from '@alfred/core'
import type { KeyProbe } from './provider-adapter.ts'
import { ProviderError } from './provider-error.ts'

/** What a provider answered. */
export interface ProviderAnswer {
  readonly status: number
  readonly body: unknown
  readonly retryAfterMs: number | undefined
}

/** One request. */
export interface ProviderRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[]>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly signal: AbortSignal
}

/** A provider's HTTP API. Every request is sent once, and no redirect is followed: it would take the key along. */
export interface ProviderApi {
  /** Answers of any status. @throws `ProviderError` when there is none */
  ask(request: ProviderRequest): Promise<ProviderAnswer>
  /** The body of a successful answer. @throws `ProviderError` for any other */
  send(request: ProviderRequest): Promise<unknown>
}

const maxBodyBytes = 4 * 1024 * 1024

const receiverRule = receiverUrlRule()

/** The rule for a base URL, without a slash at its end: a key is sent there. */
export const baseUrlRule: OptionRule<string> = (value, report) =>
  receiverRule(value, report)?.replace(/\/+$/, '')

/** A member of what a provider answered, if it has it. */
export function member(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      typeof found === 'object' && found !== null ? (Reflect.get(found, key) as unknown) : undefined,
    value,
  )
}

/** A text of an answer. @throws `ProviderError` when it is none */
export function textOf(value: unknown, ...path: readonly (string | number)[]): string {
  const found = member(value, ...path)
  if (typeof found === 'string' && found !== '') return found
  throw new ProviderError({ reason: 'unexpected_answer', refused: false })
}

/** A list of an answer. @throws `ProviderError` when it is none, since an empty list would say that there are no keys */
export function listOf(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = member(value, ...path)
  if (Array.isArray(found)) return found
  throw new ProviderError({ reason: 'unexpected_answer', refused: false })
}

/** The word an error body has for its reason: OpenAI's `error.code`, Anthropic's `error.type`. */
export function reasonOf({ status, body }: ProviderAnswer): string {
  for (const found of [member(body, 'error', 'code'), member(body, 'error', 'type')]) {
    if (typeof found === 'string' && found !== '') return found
  }
  return `http_${String(status)}`
}

/** What the network says when the provider was never reached. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])

function asFailure(error: unknown, signal: AbortSignal): ProviderError {
  if (error instanceof ProviderError) return error
  if (signal.aborted) return new ProviderError({ reason: 'timeout', refused: false })
  const code = member(error, 'cause', 'code')
  return new ProviderError({
    reason: typeof code === 'string' ? code.toLowerCase() : 'network',
    refused: typeof code === 'string' && neverSent.has(code),
  })
}

async function readBody(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  const body: AsyncIterable<Uint8Array> | null = response.body
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) throw new ProviderError({ reason: 'answer_too_long', refused: false })
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
  } catch {
    return undefined
  }
}

export function createProviderApi(baseUrl: string): ProviderApi {
  const ask = async ({ method = 'GET', path, query = {}, headers, body, signal }: ProviderRequest) => {
    const url = new URL(baseUrl + path)
    for (const [name, value] of Object.entries(query)) {
      for (const one of [value].flat()) url.searchParams.append(name, one)
    }
    try {
      const response = await fetch(url, {
        method,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'error',
        signal,
      })
      return {
        status: response.status,
        body: await readBody(response),
        retryAfterMs: parseRetryAfter(response.headers.get('retry-after'), Date.now()),
      }
    } catch (error) {
      throw asFailure(error, signal)
    }
  }

  return {
    ask,
    async send(request) {
      const answer = await ask(request)
      const { status, retryAfterMs } = answer
      if (status >= 200 && status < 300) return answer.body
      // 408 and 5xx may come after the work was done.
      const refused = status < 500 && status !== 408
      throw new ProviderError({ reason: reasonOf(answer), status, refused, retryAfterMs })
    },
  }
}

/**
 * Turns the answer to a harmless request into what it says of the key. Only a 401 whose body blames the key makes it
 * `invalid`; a key that lacks a scope is known there, and so `valid`.
 *
 * @param blamesKey - whether a 401 is about the key itself
 */
export async function probeWith(
  answer: Promise<ProviderAnswer>,
  blamesKey: (answer: ProviderAnswer) => boolean,
): Promise<KeyProbe> {
  try {
    const found = await answer
    if (found.status === 200) return { validity: 'valid' }
    const message = member(found.body, 'error', 'message')
    if (typeof message === 'string' && /missing scopes|insufficient permissions/i.test(message)) {
      return { validity: 'valid', errorCode: 'missing_scopes' }
    }
    const errorCode = reasonOf(found)
    return { validity: found.status === 401 && blamesKey(found) ? 'invalid' : 'unknown', errorCode }
  } catch (error) {
    return {
      validity: 'unknown',
      errorCode: error instanceof ProviderError ? error.details.reason : 'unexpected',
    }
  }
}
