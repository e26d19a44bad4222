/** Bundles `bundled.mjs` with each bundler as ES module and as CommonJS. Prints the names of the files. */
import commonjs from '@rollup/plugin-commonjs'
import json from '@rollup/plugin-json'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { build } from 'esbuild'
import { rollup } from 'rollup'

const entry = './bundled.mjs'
const external = ['express', 'dompurify', 'ioredis', 'jsdom', 'markdown-it', 'zod']
const formats = { esm: 'mjs', cjs: 'cjs' }
const fileOf = (bundler, format) => `bundle-${bundler}.${formats[format]}`

/** esbuild gives bundled CommonJS, such as prom-client, no require in an ES module. */
const requireOfModules =
  "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url)"

async function withEsbuild(format) {
  const outfile = fileOf('esbuild', format)
  await build({
    entryPoints: [entry],
    outfile,
    format,
    external,
    bundle: true,
    platform: 'node',
    logLevel: 'error',
    banner: { js: format === 'esm' ? requireOfModules : '' },
  })
}

async function withRollup(format) {
  const bundle = await rollup({
    input: entry,
    external: (id) => external.includes(id) || id.startsWith('node:'),
    plugins: [nodeResolve({ preferBuiltins: true }), commonjs(), json()],
    onwarn: () => undefined,
  })
  await bundle.write({ file: fileOf('rollup', format), format, inlineDynamicImports: true })
}

const bundlers = { esbuild: withEsbuild, rollup: withRollup }
for (const [name, bundle] of Object.entries(bundlers)) {
  for (const format of Object.keys(formats)) {
    await bundle(format)
    console.log(fileOf(name, format))
  }
}
