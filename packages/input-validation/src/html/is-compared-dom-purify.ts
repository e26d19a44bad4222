import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { requireBeside } from '@alfred/core'
import { comparedVersions } from './compared-versions.ts'

let isCompared: boolean | undefined

/**
 * Whether what is answered without a DOM was compared with the DOMPurify that is installed. Another release may take away
 * more; then the DOM answers everything.
 */
export const isComparedDomPurify = (): boolean =>
  (isCompared ??= comparedVersions.includes(installedVersion() ?? ''))

/** The release of DOMPurify that is installed; `undefined` where that cannot be told, as in some bundles. */
export function installedVersion(): string | undefined {
  try {
    const entry = requireBeside(import.meta.url).resolve('dompurify')
    const manifest: unknown = JSON.parse(readFileSync(join(dirname(entry), '../package.json'), 'utf8'))
    return typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? String(manifest.version)
      : undefined
  } catch {
    return undefined
  }
}
