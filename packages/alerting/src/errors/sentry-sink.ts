import { observed, option, type Options, readOptions } from '@alfred/core'
import { httpPost } from '../delivery/http-post.ts'
import type { ErrorSink } from './error-tracker-options.ts'
import { sentryDsnRule } from './sentry-dsn.ts'
import { sentryEnvelope } from './sentry-envelope.ts'

const rule = option.object({
  /** The project's address, as Sentry shows it: `https://<public key>@<host>/<project>`. */
  dsn: sentryDsnRule,
  /** @default 'sentry' */
  name: option.string().default('sentry'),
  /** @default the machine's own time */
  clock: observed.clock,
})

/** The options of {@link sentrySink}. */
export interface SentrySinkOptions extends Options<typeof rule> {}

const client = 'alfred-alerting/1'

/**
 * `X-Sentry-Rate-Limits`: limits separated by commas, each `seconds:categories:scope…`; no category is every one
 * (https://develop.sentry.dev/sdk/foundations/transport/rate-limiting/).
 */
function rateLimitMs(headers: Headers): number | undefined {
  const waits = (headers.get('x-sentry-rate-limits') ?? '').split(',').flatMap((limit) => {
    const [seconds = '', categories = ''] = limit.trim().split(':')
    const isOurs = categories === '' || categories.split(';').includes('error')
    return isOurs && /^\d{1,6}$/.test(seconds) ? [Number(seconds) * 1000] : []
  })
  return waits.length > 0 ? Math.max(...waits) : undefined
}

/**
 * Reports errors to Sentry, or to a server that speaks its protocol, such as GlitchTip. It needs no SDK of Sentry's.
 *
 * @throws `AlfredConfigError`
 */
export function sentrySink(options: SentrySinkOptions): ErrorSink {
  const { dsn, name, clock } = readOptions('sentrySink', options, rule)
  const headers = {
    'Content-Type': 'application/x-sentry-envelope',
    'X-Sentry-Auth': `Sentry sentry_version=7, sentry_client=${client}, sentry_key=${dsn.publicKey}`,
    'User-Agent': client,
  }
  return Object.freeze({
    name,
    deliver(report, signal) {
      const nowMs = clock.now()
      const body = sentryEnvelope(report, nowMs)
      return httpPost({ url: dsn.url, headers, body, readRetryAfterMs: rateLimitMs }, signal, nowMs)
    },
  } satisfies ErrorSink)
}
