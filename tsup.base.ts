import { defineConfig } from 'tsup'

/** `ALFRED_DECLARATIONS=off` builds only what runs. */
export const hasDeclarations = process.env['ALFRED_DECLARATIONS'] !== 'off'

/** The one build of every package: ESM and its declarations, unbundled dependencies, Node 22 syntax. */
export const libraryConfig = (
  entry: string[] | Record<string, string> = ['src/index.ts'],
): ReturnType<typeof defineConfig> =>
  defineConfig({
    entry,
    format: 'esm',
    target: 'node22',
    platform: 'node',
    // An image runs without declarations, which take most of a build's time.
    dts: hasDeclarations,
    clean: true,
    sourcemap: true,
    treeshake: true,
    splitting: true,
    esbuildOptions(options) {
      options.conditions = []
    },
  })
