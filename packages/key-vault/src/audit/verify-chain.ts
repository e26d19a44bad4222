import { timingSafeEqual } from 'node:crypto'
import { type AuditChain, chainStart, splitAuditLine } from './audit-entry.ts'
import { type AuditHead, emptyHead } from './audit-head.ts'

/** What became of a check of the trail. */
export type AuditVerification =
  | { readonly intact: true; readonly head: AuditHead }
  | {
      readonly intact: false
      /** The number of the first entry that is not as it was written. */
      readonly at: number
      /**
       * `altered`: an entry was changed, moved, inserted or left out. `truncated`: the trail is shorter than the head.
       * `replaced`: the trail is consistent, and is another one than the head was taken from.
       */
      readonly reason: 'altered' | 'truncated' | 'replaced'
    }

const equal = (a: string, b: string): boolean => {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** Checks a trail piece by piece. */
export interface ChainCheck {
  /** @returns whether all of these lines, which follow those before, are as they were written */
  add(lines: readonly string[]): boolean
  /** What all of it comes to, against a head that was exported earlier if there is one. */
  result(expected?: AuditHead): AuditVerification
  /** The end so far. */
  head(): AuditHead
}

/** What a check begins with. */
interface ChainCheckStart {
  /** The end of what is not checked. @default the beginning of the trail */
  readonly from?: AuditHead
  /** The length of the head that the result will be compared with. */
  readonly expectedLength?: number | undefined
}

export function createChainCheck(
  chain: AuditChain,
  { from = emptyHead, expectedLength }: ChainCheckStart = {},
): ChainCheck {
  let { length, mac } = from
  let failedAt: number | undefined
  let macAtExpected: string | undefined = expectedLength === 0 ? chainStart : undefined
  return {
    add(lines) {
      if (failedAt !== undefined) return false
      for (const line of lines) {
        const parts = splitAuditLine(line)
        const computed = parts && chain.link(mac, parts.payload)
        if (!parts || computed === undefined || computed !== parts.mac) {
          failedAt = length
          return false
        }
        mac = computed
        length += 1
        if (length === expectedLength) macAtExpected = mac
      }
      return true
    },
    result(expected) {
      if (failedAt !== undefined) return { intact: false, at: failedAt, reason: 'altered' }
      if (expected && macAtExpected === undefined) return { intact: false, at: length, reason: 'truncated' }
      if (expected && macAtExpected !== undefined && !equal(macAtExpected, expected.mac)) {
        return { intact: false, at: 0, reason: 'replaced' }
      }
      return { intact: true, head: { length, mac } }
    },
    head: () => ({ length, mac }),
  }
}
