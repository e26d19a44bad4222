import { readFile, writeFile } from 'node:fs/promises'
import { defineConfig, type Options } from 'tsup'
import ts from 'typescript'

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
    treeshake: true,
    splitting: true,
    plugins: [withoutComments],
    esbuildOptions(options) {
      options.conditions = []
    },
  })

/**
 * Editors show the comments of the declarations; those of the JavaScript are never read, and esbuild has no switch for them.
 * This runs last, because Rollup reads some comments while it removes unused code.
 */
const withoutComments: NonNullable<Options['plugins']>[number] = {
  name: 'without-comments',
  async buildEnd({ writtenFiles }) {
    const scripts = writtenFiles.map(({ name }) => name).filter((name) => name.endsWith('.js'))
    for (const path of scripts) {
      const code = await readFile(path, 'utf8')
      const { outputText } = ts.transpileModule(code, {
        compilerOptions: {
          target: ts.ScriptTarget.ESNext,
          module: ts.ModuleKind.ESNext,
          removeComments: true,
        },
      })
      await writeFile(path, outputText)
    }
  },
}
