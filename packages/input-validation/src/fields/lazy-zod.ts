import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type * as Zod from 'zod'

let loaded: typeof Zod | undefined

/**
 * zod, loaded when the first field is built: importing it takes several times as long as everything else
 * here. The path is the one that `import` resolves to, so that the application and the fields share one copy.
 */
export function zod(): typeof Zod {
  return (loaded ??= createRequire(import.meta.url)(fileURLToPath(import.meta.resolve('zod'))) as typeof Zod)
}
