import type { IncomingMessage, ServerResponse } from 'node:http'
import helmet from 'helmet'
import type { CspPolicy } from './content-security-policy.ts'
import { directiveKind } from './csp-directives.ts'
import { nonceSource } from './csp-sources.ts'
import { createSourceReader, type SourceReaderContext, type SourceSlot } from './source-reader.ts'

/** Makes the value of a policy that differs from response to response. */
export type CspTemplate = (request: IncomingMessage, response: ServerResponse, nonce: string) => string

/** Stands for the slot of that number while helmet formats the policy; no checked source looks like it. */
const slotMark = (index: number): string => `'alfred-slot-${String(index)}'`
const anySlotMark = /'alfred-slot-(\d+)'/

/** The formatted policy as people read it, before there is a response. */
export function shownValue(value: string): string {
  return value.replaceAll(nonceSource, "'nonce-…'").replaceAll(new RegExp(anySlotMark, 'g'), '<function>')
}

type MarkedDirectives = Record<
  string,
  string[] | typeof helmet.contentSecurityPolicy.dangerouslyDisableDefaultSrc
>

/** A policy with its per-response entries replaced by marks, and the functions that fill them. */
export interface MarkedPolicy {
  readonly directives: MarkedDirectives
  readonly slots: readonly SourceSlot[]
  readonly usesNonce: boolean
}

/** Replaces what is not known before a response by marks, so that helmet can format the rest once. */
export function markPolicy(policy: CspPolicy): MarkedPolicy {
  const slots: SourceSlot[] = []
  const directives: MarkedDirectives = {}
  let usesNonce = false
  for (const [name, sources] of policy) {
    usesNonce ||= sources.includes(nonceSource)
    directives[name] = sources.map((source) =>
      typeof source === 'string' ? source : slotMark(slots.push({ kind: directiveKind(name), source }) - 1),
    )
  }
  if (!policy.has('default-src')) {
    directives['default-src'] = helmet.contentSecurityPolicy.dangerouslyDisableDefaultSrc
  }
  return { directives, slots, usesNonce }
}

/**
 * Splits the formatted policy at its marks.
 *
 * @returns `undefined` when there are none: the value is the same for every response
 */
export function compileTemplate(
  value: string,
  marked: MarkedPolicy,
  context: SourceReaderContext,
): CspTemplate | undefined {
  const { slots, usesNonce } = marked
  if (slots.length === 0 && !usesNonce) return undefined
  const quoted = value.replaceAll(nonceSource, "'nonce-\0'")
  if (slots.length === 0) {
    const parts = quoted.split('\0')
    return (_request, _response, nonce) => parts.join(nonce)
  }
  // Splitting by an expression with a group leaves the slots' numbers at the odd places.
  const parts = quoted.split(anySlotMark).map((part, index) => {
    if (index % 2 === 0) return part.split('\0')
    const slot = slots[Number(part)]
    return slot === undefined ? [] : createSourceReader(slot, context)
  })
  return (request, response, nonce) => {
    let header = ''
    for (const part of parts) {
      header += typeof part === 'function' ? part(request, response) : part.join(nonce)
    }
    return header
  }
}
