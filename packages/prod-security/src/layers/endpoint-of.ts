import type { Endpoint } from '@alfred/core'

/** The endpoint of a layer with one path; none of a layer that is off. */
export function endpointOf(
  option: string,
  layer: { readonly path: string } | undefined,
  options: boolean | { readonly path?: string | undefined } | undefined,
): readonly Endpoint[] {
  if (!layer) return []
  const isDefault = typeof options !== 'object' || options.path === undefined
  return [{ option, path: layer.path, isDefault }]
}
