import { requireBeside } from '@alfred/core'
import type MarkdownIt from 'markdown-it'

/** markdown-it, loaded when the first renderer is built. An import would be hoisted by bundlers to where the program starts. */
export const loadMarkdownIt = (): typeof MarkdownIt =>
  requireBeside(import.meta.url)('markdown-it') as typeof MarkdownIt
