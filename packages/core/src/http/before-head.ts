import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { readHead, type SentHead } from './sent-head.ts'

/** Looks at the head of a response that is about to be sent, and may change its fields. */
export type HeadHook = (head: SentHead) => void

const hooksKey: unique symbol = Symbol('alfred.head-hooks')

type HookedResponse = ServerResponse & { [hooksKey]?: HeadHook[] }

type WriteHead = (
  status: number,
  ...rest: readonly (string | OutgoingHttpHeaders | OutgoingHttpHeader[] | undefined)[]
) => ServerResponse

/**
 * Runs `hook` once, when the head of `response` is written: what a handler sets, or passes to `writeHead`, is known then.
 * Node calls `writeHead` itself for a head that nobody writes. A response that never writes one, as of a WebSocket
 * handshake, runs no hook.
 */
export function beforeHead(response: ServerResponse, hook: HeadHook): void {
  const hooked: HookedResponse = response
  const known = hooked[hooksKey]
  if (known) {
    known.push(hook)
    return
  }
  const hooks = [hook]
  hooked[hooksKey] = hooks
  const writeHead = response.writeHead.bind(response) as WriteHead
  const replacement: WriteHead = (status, ...rest) => {
    if (response.headersSent || hooks.length === 0) return writeHead(status, ...rest)
    const head = readHead(response, status, rest)
    // Emptied first: setting the fields of a head may write it in other libraries that wrap it.
    for (const run of hooks.splice(0)) run(head)
    return writeHead(status, ...head.rest)
  }
  response.writeHead = replacement
}
