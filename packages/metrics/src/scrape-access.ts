import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { option, type OptionRule } from '@alfred/core'

/**
 * Who may scrape: bearers of a token; processes of this machine that ask directly, not through a proxy
 * (`loopback`); everybody (`open`); or whom a function lets in.
 */
export type ScrapeAccess =
  { readonly token: string } | 'loopback' | 'open' | ((request: IncomingMessage) => boolean)

/** Shorter tokens can be guessed. */
const shortestToken = 16

export const scrapeAccessRule: OptionRule<ScrapeAccess> = option.anyOf<ScrapeAccess>(
  "'loopback', 'open', { token } or a function",
  option.oneOf('loopback', 'open'),
  option.function<(request: IncomingMessage) => boolean>(),
  option.object<{ readonly token: string }>(
    {
      token: option.string({
        // RFC 6750 section 2.1: what a Bearer credential consists of.
        pattern: new RegExp(`^[A-Za-z0-9._~+/-]{${String(shortestToken)},}=*$`),
        hint: `at least ${String(shortestToken)} letters, digits or -._~+/`,
      }),
    },
    { required: ['token'] },
  ),
)

/** Whether a request may scrape; `unauthorised` when credentials would change that. */
export type ScrapeVerdict = 'allowed' | 'unauthorised' | 'forbidden'

/** Fields that a proxy adds: with one of them a loopback peer speaks for somebody else. */
const forwardingFields = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
]

const loopback = /^(?:127\.|::1$|::ffff:127\.)/

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Compiles a {@link ScrapeAccess}; a token is kept as its digest alone. */
export function createScrapeGuard(access: ScrapeAccess): (request: IncomingMessage) => ScrapeVerdict {
  if (access === 'open') return () => 'allowed'
  if (access === 'loopback') {
    return ({ socket, headers }) =>
      loopback.test(socket.remoteAddress ?? '') &&
      !forwardingFields.some((field) => headers[field] !== undefined)
        ? 'allowed'
        : 'forbidden'
  }
  if (typeof access === 'function') return (request) => (access(request) ? 'allowed' : 'forbidden')
  const expected = digest(access.token)
  return ({ headers }) => {
    const [, given] = /^Bearer +([^\s]+)$/i.exec(headers.authorization ?? '') ?? []
    return given !== undefined && timingSafeEqual(digest(given), expected) ? 'allowed' : 'unauthorised'
  }
}
