import { timingSafeEqual } from 'node:crypto'
import { type Clock, createBoundedCache, type EventBus, type Logger } from '@alfred/core'
import type { ClientKey } from './records/client-key.ts'
import type { ClientKeyDirectory, CachedClientKey } from './client-key-directory.ts'
import type { ClientKeyFormat } from './records/client-key-text.ts'
import type { FailureLimiter } from './failure-limiter.ts'

/**
 * Why a key was refused. `rotated`, `expired` and `revoked` are said of a right secret only; `limited` means that
 * the address presented too many wrong ones, `unavailable` that nobody can tell at the moment.
 */
export type ClientKeyRejection =
  'malformed' | 'unknown' | 'wrong-secret' | 'rotated' | 'expired' | 'revoked' | 'limited' | 'unavailable'

/** What became of a key that was presented. */
export type ClientKeyVerdict =
  | { readonly valid: true; readonly key: ClientKey }
  | {
      readonly valid: false
      readonly reason: ClientKeyRejection
      /** How long to wait before another try, in ms; 0 where waiting does not help. */
      readonly retryAfterMs: number
    }

/** Verifies keys: at once where everything is known, else with a question to the store. */
export type ClientKeyVerifier = (
  text: string,
  address: string | undefined,
) => ClientKeyVerdict | Promise<ClientKeyVerdict>

/** What a verifier works with. */
export interface ClientKeyVerifierParts {
  readonly format: ClientKeyFormat
  readonly directory: ClientKeyDirectory
  readonly failures: FailureLimiter
  readonly noteUse: (id: string, now: number) => void
  readonly clock: Clock
  readonly events?: EventBus | undefined
  readonly logger: Logger
}

const retryUnavailableMs = 1000
/** How often at most one key's old secret is told of. */
const toldEveryMs = 60_000
const maxTold = 1000

const refusal = (reason: ClientKeyRejection, retryAfterMs = 0): ClientKeyVerdict =>
  Object.freeze({ valid: false, reason, retryAfterMs })

const refusals = {
  malformed: refusal('malformed'),
  unknown: refusal('unknown'),
  wrongSecret: refusal('wrong-secret'),
  rotated: refusal('rotated'),
  expired: refusal('expired'),
  revoked: refusal('revoked'),
  unavailable: refusal('unavailable', retryUnavailableMs),
} as const

/** Base64 of 32 bytes. */
const hashLength = 44

/** Builds the verifier. */
export function createClientKeyVerifier(parts: ClientKeyVerifierParts): ClientKeyVerifier {
  const { format, directory, failures, noteUse, clock, events, logger } = parts
  const computed = Buffer.alloc(hashLength)
  const toldAt = createBoundedCache<number>(maxTold)

  const tellOldSecret = (keyId: string, accepted: boolean, now: number): void => {
    const last = toldAt.get(keyId)
    if (last !== undefined && now >= last && now - last < toldEveryMs) return
    toldAt.set(keyId, now)
    logger.warn({ keyId, accepted }, 'a client key was used with a secret from before its rotation')
    events?.emit('client-key.used-after-rotation', { keyId, accepted })
  }

  const judge = (text: string, hash: string, found: CachedClientKey | null): ClientKeyVerdict => {
    if (!found) return refusals.unknown
    const { key, secrets } = found
    computed.write(hash, 'latin1')
    let matched: number | undefined
    for (let index = 0; index < secrets.length; index++) {
      const expected = secrets[index]?.hash
      if (expected?.length === hashLength && timingSafeEqual(computed, expected)) matched = index
    }
    if (matched === undefined) return refusals.wrongSecret
    if (key.revokedAt !== undefined) return refusals.revoked
    const now = clock.now()
    if (key.expiresAt !== undefined && key.expiresAt <= now) return refusals.expired
    if (matched > 0) {
      const accepted = (secrets[matched]?.validUntil ?? 0) > now
      tellOldSecret(key.id, accepted, now)
      if (!accepted) return refusals.rotated
    }
    noteUse(key.id, now)
    return { valid: true, key }
  }

  /** A failure that was not counted beforehand. */
  const counted = (verdict: ClientKeyVerdict, address: string | undefined): ClientKeyVerdict => {
    if (verdict.valid) return verdict
    const retryAfterMs = failures.take(address)
    return retryAfterMs > 0 ? refusal('limited', retryAfterMs) : verdict
  }

  const askFirst = async (
    text: string,
    id: string,
    address: string | undefined,
  ): Promise<ClientKeyVerdict> => {
    let verdict: ClientKeyVerdict = refusals.unavailable
    try {
      const found = await directory.load(id)
      const hash = directory.opened()?.pepper.hash(text)
      if (hash !== undefined) verdict = judge(text, hash, found)
    } catch (error) {
      logger.debug({ err: error, keyId: id }, 'looking up a client key failed')
    }
    if (verdict.valid || verdict.reason === 'unavailable') failures.giveBack(address)
    return verdict
  }

  return (text, address) => {
    const id = format.readId(text)
    if (id === undefined) return counted(refusals.malformed, address)
    const found = directory.peek(id)
    const pepper = directory.opened()?.pepper
    if (found !== undefined && pepper) return counted(judge(text, pepper.hash(text), found), address)
    const retryAfterMs = failures.take(address)
    if (retryAfterMs > 0) return refusal('limited', retryAfterMs)
    return askFirst(text, id, address)
  }
}
