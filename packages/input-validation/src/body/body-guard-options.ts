import {
  createExemptionMatcher,
  createProtectionMatcher,
  exemptPathsRule,
  observed,
  option,
  type Options,
  readOptions,
} from '@alfred/core'
import { bodyGuardPeers } from './body-guard-peers.ts'
import { pathNamesRule } from './path-names.ts'

const mediaType = option.string({
  pattern: /^[a-z0-9!#$&^_.+-]+\/(?:\*\+json|[a-z0-9!#$&^_.+-]+)$/i,
  hint: 'a media type without parameters, or application/*+json',
})
/** JSON by their names, and the types of one JSON document that were registered before the suffix. */
const jsonType = /^[^/]+\/(?:(?:.+\+)?json|\*\+json|csp-report)$/i

/** A body of any other type would be read as JSON all the same, and refused. */
const jsonMediaType = option.custom<string>((value, report) => {
  const type = mediaType(value, report)
  if (type === undefined || jsonType.test(type)) return type
  report.add(
    'ALFRED_CONFIG_CONFLICT',
    'must be a type of JSON, which is all that is read here; other bodies pass to the parsers that follow.',
  )
  return undefined
})

const bodyGuardRule = option
  .object(
    {
      /**
       * Media types that are read, all of them as JSON; `application/*+json` takes every subtype with that suffix.
       * @default ['application/json', 'application/*+json']
       */
      contentTypes: option
        .list(jsonMediaType, { min: 1 })
        .default(['application/json', 'application/*+json']),
      /**
       * Formats beside JSON that are read into `req.body` within the same limits: `'urlencoded'` into an object, `'text'` (every
       * `text/*`) into a string, `'ndjson'` into an array. All are UTF-8.
       * @default []
       */
      formats: option.list(option.oneOf('urlencoded', 'text', 'ndjson')).default([]),
      /**
       * What happens to bodies of other types, such as uploads: `'pass'` leaves them to the parsers that follow, bounded by
       * `maxOtherBytes` and `otherTimeoutMs`; `'refuse'` answers 415.
       * @default 'pass'
       */
      otherTypes: option.oneOf('pass', 'refuse').default('pass'),
      /**
       * The most bytes of a body of another type that passes.
       * @default 10_485_760 (10 MiB)
       */
      maxOtherBytes: option.integer({ min: 1, max: 2 ** 40 }).optional(),
      /**
       * How long a body of another type may take, in milliseconds.
       * @default 120_000
       */
      otherTimeoutMs: option.integer({ min: 1 }).optional(),
      /**
       * Content encodings that are undone for what is read here. Compressed bodies are refused with 415 by default.
       * @default []
       */
      contentEncodings: option.list(option.oneOf('gzip', 'deflate', 'br', 'zstd')).default([]),
      /**
       * The most bytes that one byte of a compressed body may become, from 64 KiB on. `maxBytes` holds for what comes out.
       * @default 100
       */
      maxInflateRatio: option.integer({ min: 1, max: 2000 }).optional(),
      /**
       * The most bytes of a body, declared or real.
       * @default 1_048_576 (1 MiB)
       */
      maxBytes: option.integer({ min: 1, max: 2 ** 28 }).default(2 ** 20),
      /**
       * The most objects and arrays inside each other.
       * @default 32
       */
      maxDepth: option.integer({ min: 1, max: 10_000 }).default(32),
      /**
       * The most members of all objects together.
       * @default 10_000
       */
      maxKeys: option.integer({ min: 1 }).default(10_000),
      /**
       * The most elements of any one array.
       * @default 10_000
       */
      maxArrayLength: option.integer({ min: 1 }).default(10_000),
      /**
       * How long a body may take from the request's head to its last byte, in milliseconds.
       * @default 30_000
       */
      timeoutMs: option.integer({ min: 1 }).default(30_000),
      /**
       * Requests whose bytes are kept in `req.rawBody` as they came, for signatures: a path, and what is below it, or several.
       * Bodies of every type are held there, also with `otherTypes: 'refuse'`, and `maxBytes` bounds them.
       * @default none
       */
      rawBody: pathNamesRule.optional(),
      /**
       * Requests whose body nothing is said about, not even its size: a path, a path with `/*` at its end for what
       * is below it, several, or a function.
       * @default none
       */
      skip: exemptPathsRule.optional(),
      /** Told of every refusal as `validation.rejected`. */
      events: observed.events,
      /** Told of every refusal at level debug. @default silent */
      logger: observed.logger,
      /** @default the machine's time */
      clock: observed.clock,
    },
    { peers: bodyGuardPeers },
  )
  .check(({ otherTypes, maxOtherBytes, otherTimeoutMs, contentEncodings, maxInflateRatio }, report) => {
    const idle = (name: string, without: string): void => {
      report.at(name).add('ALFRED_CONFIG_CONFLICT', `does nothing ${without}.`)
    }
    if (otherTypes === 'refuse') {
      if (maxOtherBytes !== undefined) idle('maxOtherBytes', "with otherTypes: 'refuse'")
      if (otherTimeoutMs !== undefined) idle('otherTimeoutMs', "with otherTypes: 'refuse'")
    }
    if (maxInflateRatio !== undefined && contentEncodings.length === 0)
      idle('maxInflateRatio', 'without contentEncodings')
  })
  .map(({ maxOtherBytes = 10 * 2 ** 20, otherTimeoutMs = 120_000, maxInflateRatio = 100, ...read }) => ({
    ...read,
    maxOtherBytes,
    otherTimeoutMs,
    maxInflateRatio,
  }))

/** Options of `createBodyGuard`. */
export interface BodyGuardOptions extends Options<typeof bodyGuardRule> {}

/** Checks the options, fills in the defaults and compiles what is skipped. */
export function resolveBodyGuardOptions(options: BodyGuardOptions = {}) {
  const { maxDepth, maxKeys, maxArrayLength, skip, rawBody, contentEncodings, ...read } = readOptions(
    'bodyGuard',
    options,
    bodyGuardRule,
  )
  return Object.freeze({
    ...read,
    contentEncodings: new Set<string>(contentEncodings),
    limits: Object.freeze({ maxDepth, maxKeys, maxArrayLength }),
    keepsRaw:
      rawBody && createProtectionMatcher(rawBody, { option: 'bodyGuard.rawBody', logger: read.logger }),
    skips: createExemptionMatcher(skip, { option: 'bodyGuard.skip', logger: read.logger }),
  })
}

/** The options with everything decided. */
export type ResolvedBodyGuardOptions = ReturnType<typeof resolveBodyGuardOptions>
