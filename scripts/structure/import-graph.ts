import { glob } from 'node:fs/promises'
import path from 'node:path'
import { cruise } from 'dependency-cruiser'

/** What each file or folder imports, by its path from the root of the repository. */
export type ImportGraph = ReadonlyMap<string, ReadonlySet<string>>

/** The imports between the source files of packages and examples. Types count: `import type` is an arrow as well. */
export async function importsOfFiles(): Promise<ImportGraph> {
  const { output } = await cruise(
    await Array.fromAsync(glob(['packages/*/src', 'examples/*/{src,deployment}'])),
    {
      includeOnly: '^(?:packages/[^/]+/src|examples/[^/]+/(?:src|deployment))/',
      exclude: String.raw`\.test\.ts$`,
      tsPreCompilationDeps: true,
      validate: false,
    },
    { extensions: ['.ts'] },
  )
  if (typeof output === 'string') throw new Error(output)
  return new Map(
    output.modules.map((module) => [
      module.source,
      new Set(module.dependencies.map((dependency) => dependency.resolved)),
    ]),
  )
}

/**
 * The same arrows between the folders of the packages that hold the files; an example's are not held to a direction. The entry of a package stands above all of its folders, also
 * above the one that it lies in.
 */
export function importsOfFolders(files: ImportGraph): ImportGraph {
  const folders = new Map<string, Set<string>>()
  for (const [file, imported] of files) {
    if (!file.startsWith('packages/') || file.endsWith('/src/index.ts')) continue
    const folder = path.dirname(file)
    const targets = folders.get(folder) ?? new Set()
    for (const target of imported) if (path.dirname(target) !== folder) targets.add(path.dirname(target))
    folders.set(folder, targets)
  }
  return folders
}
