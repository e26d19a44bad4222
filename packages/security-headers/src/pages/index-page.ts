import type { Middleware } from '@alfred/core'
import { nonce } from '../csp/nonce.ts'
import { pageElements } from './page-elements.ts'

/**
 * Builds the middleware that answers GET and HEAD with one page, with the nonce of the response put into its scripts, styles
 * and links: what the presets `spa` and `strict` need of an `index.html` that a bundler wrote. Such a page is not stored.
 * A response without a nonce gets the page as it is.
 *
 * Put it behind the files, for the paths that are pages.
 *
 * @param html - the page
 *
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs'
 * import { createIndexPage, createSecurityHeaders } from '@alfred/security-headers'
 * import express from 'express'
 *
 * const app = express()
 * app.use(createSecurityHeaders({ preset: 'spa' }))
 * app.use(express.static('dist', { index: false }))
 * app.use(createIndexPage(readFileSync('dist/index.html', 'utf8')))
 * ```
 */
export function createIndexPage(html: string): Middleware {
  const parts = splitAtNonces(html)
  return (request, response, next) => {
    const { method } = request
    if (response.headersSent || (method !== 'GET' && method !== 'HEAD')) {
      next()
      return
    }
    const value = nonce(response)
    const body = value === undefined ? html : parts.join(` nonce="${value}"`)
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.setHeader('content-length', Buffer.byteLength(body))
    if (method === 'HEAD') response.end()
    else response.end(body)
  }
}

/** The page, cut where a nonce belongs. */
function splitAtNonces(html: string): readonly string[] {
  const offsets = pageElements(html)
    .filter(({ attributes }) => !/\snonce\b/i.test(attributes))
    .map(({ attributesAt }) => attributesAt)
  return [0, ...offsets].map((offset, index) => html.slice(offset, offsets[index]))
}
