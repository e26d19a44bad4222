import { createHmac } from 'node:crypto'
import { observed, option, type Options, readOptions, receiverUrlRule } from '@alfred/core'
import { headersRule, httpPost } from './http-post.ts'
import type { Sink } from './sink.ts'

const rule = option.object({
  /** Where each item is posted as JSON; `https:` but for this machine. */
  url: receiverUrlRule(),
  /** Fields to send along, such as an `Authorization`. @default none */
  headers: headersRule.default({}),
  /**
   * Signs every body, so that the receiver knows whom it is from: `X-Alfred-Signature: t=<ms>,v1=<hex>`, the
   * HMAC-SHA-256 of `<ms>.<body>`. @default no signature
   */
  secret: option.string({ pattern: /^.{16,}$/s, hint: 'at least 16 characters' }).optional(),
  /** @default 'webhook' */
  name: option.string().default('webhook'),
  /** @default the machine's own time */
  clock: observed.clock,
})

/** The options of {@link webhookSink}. */
export interface WebhookSinkOptions extends Options<typeof rule> {}

/**
 * Posts error reports or alerts as JSON to any receiver, one a request.
 *
 * @throws `AlfredConfigError`
 */
export function webhookSink<Item>(options: WebhookSinkOptions): Sink<Item> {
  const { url, headers, secret, name, clock } = readOptions('webhookSink', options, rule)
  return Object.freeze({
    name,
    deliver(item: Item, signal: AbortSignal) {
      const nowMs = clock.now()
      const body = JSON.stringify(item)
      const signature =
        secret === undefined ? undefined : createHmac('sha256', secret).update(`${String(nowMs)}.${body}`)
      return httpPost(
        {
          url,
          body,
          headers: {
            ...headers,
            'Content-Type': 'application/json',
            ...(signature && { 'X-Alfred-Signature': `t=${String(nowMs)},v1=${signature.digest('hex')}` }),
          },
        },
        signal,
        nowMs,
      )
    },
  })
}
