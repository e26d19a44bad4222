/**
 * Holds the structure of the packages' source: no circles of files or folders, `import type` included, and no file
 * above 300 lines. `pnpm check structure`.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { findCircles } from './structure/find-circles.ts'
import { importsOfFiles, importsOfFolders } from './structure/import-graph.ts'
import { circlesOfFiles, longFiles, packagesWithCirclesOfFolders } from './structure/known-faults.ts'

const maxLines = 300
const faults: string[] = []
const packageOf = (file: string): string => file.split('/')[1] ?? ''

/** Reports what is not listed, and each listed entry that no longer occurs. */
function hold<Found, Known>(
  what: string,
  found: readonly Found[],
  known: readonly Known[],
  matches: (one: Found, entry: Known) => boolean,
  describe: (one: Found | Known) => string,
): void {
  for (const one of found) {
    if (!known.some((entry) => matches(one, entry))) faults.push(`${what}: ${describe(one)}`)
  }
  for (const entry of known) {
    if (!found.some((one) => matches(one, entry))) {
      faults.push(`${what}: ${describe(entry)} is mended. Remove it from scripts/structure/known-faults.ts.`)
    }
  }
}

const files = await importsOfFiles()

hold(
  'circle of files',
  findCircles(files),
  circlesOfFiles,
  (circle, known) =>
    circle.every((file) => packageOf(file) === known.package && known.files.includes(path.basename(file))),
  (circle) => ('files' in circle ? `${circle.package}: ${circle.files.join(', ')}` : circle.join(', ')),
)

hold(
  'circle of folders',
  findCircles(importsOfFolders(files)),
  packagesWithCirclesOfFolders,
  ([folder = ''], known) => packageOf(folder) === known,
  (circle) => (typeof circle === 'string' ? circle : circle.join(', ')),
)

const lines = await Promise.all(
  [...files.keys()].map(async (file) => ({
    file,
    count: (await readFile(file, 'utf8')).trimEnd().split('\n').length,
  })),
)
hold(
  `more than ${String(maxLines)} lines`,
  lines.filter(({ count }) => count > maxLines),
  longFiles,
  ({ file }, known) => path.basename(file) === known,
  (long) => (typeof long === 'string' ? long : `${long.file} has ${String(long.count)}`),
)

if (faults.length > 0) {
  console.error(faults.join('\n'))
  process.exit(1)
}
console.log(`${String(files.size)} files: no new circles, none too long`)
