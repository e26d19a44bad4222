import { defineConfig } from 'tsup'

/** The one build of every package: ESM and its declarations, unbundled dependencies, Node 22 syntax. */
export const libraryConfig = (
  entry: string[] | Record<string, string> = ['src/index.ts'],
): ReturnType<typeof defineConfig> =>
  defineConfig({
    entry,
    format: 'esm',
    target: 'node22',
    platform: 'node',
    dts: true,
    clean: true,
    sourcemap: true,
    treeshake: true,
    splitting: true,
    esbuildOptions(options) {
      options.conditions = []
    },
  })
