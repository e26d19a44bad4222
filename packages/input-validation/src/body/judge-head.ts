import type { IncomingMessage } from 'node:http'
import type { ResolvedBodyGuardOptions } from './body-guard-options.ts'
import type { BodyRefusalCode } from './body-refusal.ts'
import { compileFormats, type OtherBody } from './body-formats.ts'
import { charsetOf, compileContentTypes, type ContentTypeVerdict } from './content-type.ts'
import { isInflatable } from './inflate-body.ts'
import type { ReadFormat } from './parse-body.ts'

/** What a body is, by the head of its request. */
export interface BodyHead {
  /** How it is read; `other`: by those that follow. */
  readonly kind: ReadFormat | 'other'
  /** The content encoding to undo; `''` for none. */
  readonly encoding: string
  readonly charset: string
  /** Why this guard does not parse it. */
  readonly refusal: BodyRefusalCode | undefined
  /** Whether it can be judged though it is not parsed, for the application's own parser. */
  readonly isLegible: boolean
}

/** RFC 9112 section 6.1: what a server does not undo it must not take for a body. */
const isChunkedAlone = (coding: string): boolean => coding.trim().toLowerCase() === 'chunked'

function encodingOf({ headers }: IncomingMessage): string {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? ''
  return encoding === 'identity' ? '' : encoding
}

/** Compiles what a guard says of a body before it has come. */
export function compileHeadJudge({
  contentTypes,
  contentEncodings,
  formats,
  otherTypes,
  maxBytes,
  maxOtherBytes,
  keepsRaw,
}: ResolvedBodyGuardOptions): (request: IncomingMessage) => BodyHead {
  const judgeContentType = compileContentTypes(contentTypes)
  const judgeFormat = compileFormats(formats)

  // What is signed is kept whatever its type: senders choose it, and not the server.
  const isRefusedType = (request: IncomingMessage): boolean =>
    otherTypes === 'refuse' && keepsRaw?.(request) !== true

  const judge = (
    request: IncomingMessage,
    verdict: ContentTypeVerdict,
    other: OtherBody | undefined,
  ): BodyRefusalCode | undefined => {
    const { headers } = request
    const isOther = verdict === 'unsupported-type' && !other
    const coding = headers['transfer-encoding']
    if (coding !== undefined && !isChunkedAlone(coding)) return 'transfer-encoding-unsupported'
    if (verdict === 'ambiguous' || (isOther && isRefusedType(request))) return 'content-type-unsupported'
    const declared = Number(headers['content-length'] ?? 0)
    if (declared > (isOther ? maxOtherBytes : maxBytes)) return 'too-large'
    if (isOther) return undefined
    const encoding = encodingOf(request)
    if (encoding !== '' && !contentEncodings.has(encoding)) return 'content-encoding-unsupported'
    return verdict === 'unsupported-charset' || other?.isUtf8 === false ? 'charset-unsupported' : undefined
  }

  return (request) => {
    const verdict = judgeContentType(request.headers['content-type'])
    const other = verdict === 'unsupported-type' ? judgeFormat(request.headers['content-type']) : undefined
    const kind = verdict === 'unsupported-type' ? (other?.format ?? 'other') : 'json'
    const encoding = encodingOf(request)
    const refusal = judge(request, verdict, other)
    const isOfForm = refusal === 'content-encoding-unsupported' || refusal === 'charset-unsupported'
    return {
      kind,
      encoding,
      charset: verdict === 'unsupported-charset' ? charsetOf(request.headers['content-type']) : 'utf-8',
      refusal,
      isLegible: kind === 'json' && isOfForm && (encoding === '' || isInflatable(encoding)),
    }
  }
}
