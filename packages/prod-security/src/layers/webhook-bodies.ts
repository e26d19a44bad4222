import { type ConfigProblem, isPlainObject } from '@alfred/core'
import type { BodyGuardOptions } from '@alfred/input-validation'
import type { RequestedLayers } from './layer-definition.ts'

/** Signatures are of the bytes that the body guard keeps. */
export const needsBodyGuard: ConfigProblem = {
  code: 'ALFRED_CONFIG_CONFLICT',
  path: 'webhooks',
  message: 'needs the body guard, which keeps the bytes that are signed.',
}

/** The options of the body guard, with the bytes kept that the signatures of webhooks are checked with. */
export function withWebhookBodies<Options extends Partial<BodyGuardOptions>>(
  options: Options,
  webhooks: RequestedLayers['webhooks'],
): Options {
  const endpoints: unknown = webhooks !== false && webhooks.endpoints
  // What is written wrongly is for the layers to refuse.
  if (!Array.isArray(endpoints)) return options
  const signed = endpoints.map((endpoint: unknown) =>
    isPlainObject(endpoint) ? namesOf(endpoint['path']) : undefined,
  )
  const named = [namesOf(options.rawBody ?? []), ...signed]
  return named.every((paths) => paths !== undefined) ? { ...options, rawBody: named.flat() } : options
}

function namesOf(path: unknown): readonly string[] | undefined {
  const paths: readonly unknown[] = Array.isArray(path) ? path : [path]
  return paths.every((each) => typeof each === 'string') ? paths : undefined
}
