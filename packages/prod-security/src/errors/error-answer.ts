import { STATUS_CODES } from 'node:http'
import type { Problem } from '@alfred/core'
import { readErrorHeaders } from './error-headers.ts'

/** What an error asks to be answered with. */
export interface RequestedAnswer {
  readonly problem: Problem
  /** By name. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
}

/** A property of anything; `undefined` also where reading it fails. */
export function readProperty(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  try {
    return Reflect.get(value, name)
  } catch {
    return undefined
  }
}

const isErrorStatus = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 400 && value <= 599

/** Errors of the engine: their texts quote input, or show how the program works. */
const engineErrors: ReadonlySet<unknown> = new Set([
  'AggregateError',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
])

const maxDetailLength = 500

/**
 * The text that the error exposes. http-errors exposes any error that is given a 4xx status: those of the operating
 * system name files and hosts, those of the engine quote what they parsed.
 */
function exposedText(error: unknown): string | undefined {
  if (readProperty(error, 'expose') !== true) return undefined
  if (engineErrors.has(readProperty(error, 'name'))) return undefined
  if (readProperty(error, 'syscall') !== undefined || readProperty(error, 'errno') !== undefined)
    return undefined
  const message = readProperty(error, 'message')
  if (typeof message !== 'string') return undefined
  return (
    message
      .slice(0, maxDetailLength)
      .replace(/\p{Cc}+/gu, ' ')
      .trim() || undefined
  )
}

/**
 * Whether an error reports what another server answered: clients of HTTP and SDKs of providers keep its status beside
 * the answer or its `Headers`. That status is between us and the other server: a 401 there is no 401 here.
 */
function isAnswerOfUpstream(error: unknown): boolean {
  const headers = readProperty(error, 'headers')
  if (typeof headers === 'object' && typeof readProperty(headers, 'entries') === 'function') return true
  return (
    readProperty(readProperty(error, 'response'), 'headers') !== undefined ||
    readProperty(readProperty(error, '$metadata'), 'httpStatusCode') !== undefined
  )
}

/**
 * Reads what an error asks for as http-errors has it: `status` or `statusCode` from 400 to 599, `headers`, and the message where
 * `expose` is true. Errors of any library will do, also such that throw when they are read.
 *
 * @returns `undefined` for an error that asks for nothing: a fault of the program, or of a server that it asked
 */
export function readErrorAnswer(error: unknown): RequestedAnswer | undefined {
  const status = [readProperty(error, 'status'), readProperty(error, 'statusCode')].find(isErrorStatus)
  if (status === undefined || isAnswerOfUpstream(error)) return undefined
  const text = exposedText(error)
  return {
    problem: {
      type: 'about:blank',
      status,
      title: STATUS_CODES[status] ?? (status < 500 ? 'Client Error' : 'Server Error'),
      ...(text === undefined ? {} : { detail: text }),
    },
    headers: readErrorHeaders(readProperty(error, 'headers')),
  }
}
