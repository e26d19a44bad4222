/** Bundles a guarded application of the installed packages with each bundler, and runs what comes out. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What a project needs for `scripts/smoke/bundle.mjs`. */
export const bundlerPackages = {
  '@rollup/plugin-commonjs': '29',
  '@rollup/plugin-json': '6',
  '@rollup/plugin-node-resolve': '16',
  esbuild: '0.28',
  rollup: '4',
}

/**
 * @param root - a project with the packages, {@link bundlerPackages} and the files of `scripts/smoke`
 * @throws what the first bundle says that does not run
 */
export async function checkBundles(root: string): Promise<void> {
  const { stdout } = await run('node', ['bundle.mjs'], { cwd: root })
  for (const bundle of stdout.trim().split('\n')) {
    await run('node', [bundle], { cwd: root, timeout: 30_000 })
    console.log(`ok    bundle   ${bundle}`)
  }
}
