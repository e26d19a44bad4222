import { fileURLToPath } from 'node:url'
import { requireBeside } from '@alfred/core'
import type * as Zod from 'zod'

let loaded: typeof Zod | undefined

/**
 * zod, loaded when the first field is built: importing it takes several times as long as everything else
 * here. The path is the one that `import` resolves to, so that the application and the fields share one copy.
 */
export const zod = (): typeof Zod => (loaded ??= requireBeside(import.meta.url)(locateZod()) as typeof Zod)

function locateZod(): string {
  // Some bundlers leave no import.meta.resolve, and esbuild's CommonJS no import.meta.
  const meta: Partial<ImportMeta> = import.meta
  return meta.resolve ? fileURLToPath(meta.resolve('zod')) : 'zod'
}
