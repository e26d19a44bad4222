import { MIMEType } from 'node:util'

/** A format that the body guard reads beside JSON. */
export type BodyFormat = 'ndjson' | 'text' | 'urlencoded'

/** The media types of each format; NDJSON has none that is registered, and these are in use. */
const formatOf = (essence: string): BodyFormat | undefined => {
  switch (essence) {
    case 'application/x-www-form-urlencoded':
      return 'urlencoded'
    case 'application/x-ndjson':
    case 'application/ndjson':
    case 'application/jsonl':
    case 'application/jsonlines':
    case 'application/x-jsonlines':
      return 'ndjson'
    default:
      return essence.startsWith('text/') ? 'text' : undefined
  }
}

/** What a body is that is no JSON. */
export interface OtherBody {
  readonly format: BodyFormat
  readonly isUtf8: boolean
}

/** Compiles which bodies that are no JSON are read; for all others the judge returns `undefined`. */
export function compileFormats(
  formats: readonly BodyFormat[],
): (contentType: string | undefined) => OtherBody | undefined {
  const read = new Set(formats)
  return (contentType) => {
    if (read.size === 0 || contentType === undefined) return undefined
    let type: MIMEType
    try {
      type = new MIMEType(contentType)
    } catch {
      return undefined
    }
    const format = formatOf(type.essence)
    if (format === undefined || !read.has(format)) return undefined
    const charset = type.params.get('charset')?.toLowerCase() ?? 'utf-8'
    return { format, isUtf8: charset === 'utf-8' || charset === 'us-ascii' }
  }
}
