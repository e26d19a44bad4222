import { METHODS } from 'node:http'

const known = new Set(METHODS)

/** A method name that is safe as a label: one that Node knows, else `_OTHER` as OpenTelemetry names it. */
export function knownMethod(method: string | undefined): string {
  return method !== undefined && known.has(method) ? method : '_OTHER'
}
