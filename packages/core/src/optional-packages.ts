import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { AlfredConfigError } from './errors/config-error.ts'

/** What {@link requirePackages} asks for. */
export interface OptionalPackages {
  /** Their names, as npm has them. */
  readonly names: readonly string[]
  /** `import.meta.url` of the module that needs them. esbuild leaves none in a CommonJS bundle. */
  readonly from: string | undefined
  /** The option that needs them: `rateLimit.redis`. */
  readonly option: string
}

/**
 * Finds packages that only some configurations need, without loading them.
 *
 * @throws `AlfredConfigError` with the command that installs what is missing
 */
export function requirePackages({ names, from, option }: OptionalPackages): void {
  const { resolve } = requireBeside(from)
  const missing = names.filter((name) => !isFound(resolve, name))
  if (missing.length === 0) return
  const message = `needs ${missing.join(' and ')}, which ${missing.length === 1 ? 'is' : 'are'} not installed: npm install ${missing.join(' ')}`
  throw new AlfredConfigError([{ path: option, code: 'ALFRED_CONFIG_MISSING', message }])
}

/**
 * The `require` of a module, or of the bundle that it went into.
 *
 * @param from - `import.meta.url` of the module
 */
export const requireBeside = (from: string | undefined): NodeJS.Require => createRequire(from ?? bundle())

/** A bundle in CommonJS knows its file by this name; a file of its folder does where even that is missing. */
const bundle = (): string => (typeof __filename === 'string' ? __filename : join(process.cwd(), 'bundle.js'))

function isFound(resolve: NodeJS.RequireResolve, name: string): boolean {
  try {
    resolve(name)
    return true
  } catch (error) {
    // A package without a CommonJS entry is there all the same.
    return !(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')
  }
}
