/** The texts that a run looks for. None of them may be part of a response or a metric. */
export const markers = {
  /** Stands in the server's configuration: provider key, Redis password, metrics token. */
  planted: 'PLANTED4c8e1f',
  /** Stands in the errors that routes throw. Logs and error reports name it. */
  thrown: 'THROWN3e6f0a',
  /** Stands where clients send secrets: credentials, cookies, bodies. */
  sentSecret: 'SENTSECRET7b2d',
  /** Stands anywhere else in a request. A log line may name it; an answer may not repeat it. */
  sentText: 'SENTTEXT9a5c',
} as const

/** What may not be part of a log line, a span, an error report or an alert either. */
export const secretMarkers: readonly string[] = [markers.planted, markers.sentSecret]

/** What shows the inside of a server: stack traces, paths of files, names of libraries, codes of Node's errors. */
const internals = [
  /\n\s+at [^\n]+:\d+:\d+\)?/,
  /node_modules|node:internal|file:\/\//,
  /\b(?:Syntax|Type|Range|Reference|URI|Zod|Validation|Assertion)Error\b/,
  /\bERR_[A-Z_]{3,}|\bECONN[A-Z]{3,}|\bHPE_[A-Z_]{3,}/,
  /\b(?:express|ioredis|helmet|zod|busboy|body-parser|prom-client|dompurify|jsdom)\b/i,
]

/** What a text shows that it must not show, or `undefined`. */
export function findLeak(text: string, forbidden: readonly string[]): string | undefined {
  const lower = text.toLowerCase()
  return forbidden.find((marker) => lower.includes(marker.toLowerCase()))
}

/** The pointer of an error names the member that nobody knows, if its name is a plain identifier. */
const unknownMember = /("pointer":"\/body(?:\/[\w$-]{1,64})*\/)[\w$-]{1,64}(","code":"unknown-member")/g

/** What an answer shows that it must not show, or `undefined`. */
export function findLeakInAnswer(text: string): string | undefined {
  const marker = findLeak(text.replaceAll(unknownMember, '$1$2'), Object.values(markers))
  if (marker !== undefined) return marker
  for (const pattern of internals) {
    const found = pattern.exec(text)
    if (found) return found[0].trim()
  }
  return text.includes(process.cwd()) ? process.cwd() : undefined
}
