import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type RequestHandler, Router } from 'express'

/** The renderer's file for browsers, as it was built. From source it is put together here. */
async function readScript(): Promise<string> {
  const path = fileURLToPath(import.meta.resolve('@alfred/input-validation/markdown'))
  if (!path.endsWith('.ts')) return readFile(path, 'utf8')
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
  })
  return outputFiles[0]?.text ?? ''
}

/** Serves the Markdown renderer that the page imports; it is read when the first page asks for it. */
export function createMarkdownScript(): RequestHandler {
  let script: Promise<string> | undefined
  return Router().get('/markdown.js', async (_request, response) => {
    script ??= readScript()
    response.type('text/javascript').send(await script)
  })
}
