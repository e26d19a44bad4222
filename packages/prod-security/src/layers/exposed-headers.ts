import { quotaFieldNames } from '@alfred/rate-limit'
import type { RequestedLayers } from './layer-definition.ts'

/**
 * What pages of other origins may read: what `cors` names, by default the request's id, and the limiter's fields.
 *
 * @param named - as the application gave it; what is no list is for the layer to refuse
 */
export function exposedHeaders(
  named: readonly string[] | undefined,
  rateLimit: RequestedLayers['rateLimit'],
): readonly string[] | undefined {
  if (rateLimit === false || (named !== undefined && !isList(named))) return named
  const fields = quotaFieldNames(rateLimit.headers || 'draft-11')
  return Array.from(new Set<string>([...(named ?? []), ...fields, ...(named ? [] : ['X-Request-Id'])]))
}

/** Typed by hand: `Array.isArray` makes a read-only list one of `any`. */
const isList = (value: unknown): value is readonly string[] => Array.isArray(value)
