import type { Endpoint } from '@alfred/core'

/** The endpoint of a layer with one path. */
export const endpointOf = (
  option: string,
  { path }: { readonly path: string },
  options: { readonly path?: string | undefined },
): readonly Endpoint[] => [{ option, path, isDefault: options.path === undefined }]
