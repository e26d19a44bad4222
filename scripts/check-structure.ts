/**
 * Holds the structure of the source: no circles of files, and in packages of folders, `import type` included, no file above 300
 * lines, and no word that the glossary replaces. `pnpm check structure`.
 */
import { glob, readFile } from 'node:fs/promises'
import path from 'node:path'
import { findBannedWords } from './structure/banned-words.ts'
import { findCircles } from './structure/find-circles.ts'
import { importsOfFiles, importsOfFolders } from './structure/import-graph.ts'
import { longFiles } from './structure/known-faults.ts'

const maxLines = 300

async function tooLong(files: Iterable<string>): Promise<readonly string[]> {
  const counted = await Promise.all(
    [...files].map(async (file) => ({
      file,
      lines: (await readFile(file, 'utf8')).trimEnd().split('\n').length,
    })),
  )
  const long = counted.filter(({ lines }) => lines > maxLines)
  const isListed = (file: string): boolean => longFiles.includes(path.basename(file))
  const mended = longFiles.filter((name) => !long.some(({ file }) => path.basename(file) === name))
  return [
    ...long
      .filter(({ file }) => !isListed(file))
      .map(({ file, lines }) => `more than ${String(maxLines)} lines: ${file} has ${String(lines)}`),
    ...mended.map((name) => `${name} is short enough. Remove it from scripts/structure/known-faults.ts.`),
  ]
}

async function bannedWords(): Promise<readonly string[]> {
  const sources = await Array.fromAsync(
    glob(['packages/*/src/**/*.ts', 'examples/*/src/**/*.ts'], { exclude: ['**/*.test.ts'] }),
  )
  const found = await Promise.all(
    sources.sort().map(async (file) => findBannedWords(file, await readFile(file, 'utf8'))),
  )
  return found.flat()
}

const files = await importsOfFiles()
const faults = [
  ...findCircles(files).map((circle) => `circle of files: ${circle.join(', ')}`),
  ...findCircles(importsOfFolders(files)).map((circle) => `circle of folders: ${circle.join(', ')}`),
  ...(await tooLong(files.keys())),
  ...(await bannedWords()),
]

if (faults.length > 0) {
  console.error(faults.join('\n'))
  process.exit(1)
}
console.log(`${String(files.size)} files: no circles, no new one too long, no banned words`)
