import { defineConfig } from 'tsup'
import { hasDeclarations } from '../../tsup.base.ts'

/** One file that imports nothing: a page without a bundler can load it as it is. */
export default defineConfig({
  entry: { markdown: 'src/markdown-browser.ts' },
  outDir: 'dist/browser',
  format: 'esm',
  target: 'es2022',
  platform: 'browser',
  noExternal: [/.*/],
  dts: hasDeclarations,
  minify: true,
  treeshake: true,
})
