/**
 * Type-checks the examples that people copy: every ```ts block in the READMEs and docs, and in TSDoc comments.
 *
 * A block becomes a module inside the package it belongs to (those of the front page and of `docs/` inside the
 * example server), so that its imports resolve as they would for a reader who installed that package.
 */
import { execFile } from 'node:child_process'
import { glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const home = (path: string): string =>
  /^(?:packages|examples)\/[^/]+/.exec(path)?.[0] ?? 'examples/alfred-server'

/** The ```ts blocks of a text, without the ` * ` margin of a comment. */
function blocks(text: string): readonly { line: number; code: string }[] {
  return [...text.matchAll(/^([ \t]*(?:\* )?)```ts\n([\s\S]*?)^[ \t]*(?:\* )?```$/gm)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    code: (match[2] ?? '')
      .split('\n')
      .map((line) => line.replace(/^\s*\* ?/, (margin) => ((match[1] ?? '').includes('*') ? '' : margin)))
      .join('\n'),
  }))
}

const sources = [
  ...(await Array.fromAsync(glob('*.md'))),
  ...(await Array.fromAsync(
    glob('{docs,packages/*,examples/*}/**/*.md', { exclude: (path) => path.includes('node_modules') }),
  )),
  ...(await Array.fromAsync(glob('packages/*/src/**/*.ts'))),
].filter((path) => !path.includes('node_modules') && !path.endsWith('CHANGELOG.md'))

const folders = new Set<string>()
let count = 0
for (const path of sources.sort()) {
  for (const { line, code } of blocks(await readFile(path, 'utf8'))) {
    const folder = `${home(path)}/.cache/examples`
    if (!folders.has(folder)) {
      folders.add(folder)
      await rm(folder, { recursive: true, force: true })
      await mkdir(folder, { recursive: true })
    }
    const name = path.replaceAll(/[^\w]+/g, '-')
    await writeFile(
      `${folder}/${name}-${String(line)}.ts`,
      `// ${path}:${String(line)}\n${code}\nexport {}\n`,
    )
    count += 1
  }
}
if (count === 0) throw new Error('No example was found: the search itself must be broken.')

const config = '.cache/examples.tsconfig.json'
await mkdir('.cache', { recursive: true })
await writeFile(
  config,
  JSON.stringify({ extends: '../tsconfig.base.json', include: [...folders].map((folder) => `../${folder}`) }),
)
try {
  await run('node', ['node_modules/@typescript/native/bin/tsc', '--noEmit', '-p', config])
  console.log(`${String(count)} examples type-check`)
} catch (error) {
  console.error((error as { stdout?: string }).stdout ?? error)
  process.exitCode = 1
}
