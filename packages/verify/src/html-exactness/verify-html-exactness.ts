import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import createDOMPurify from 'dompurify'
import { comparedVersions } from '../../../input-validation/src/html/compared-versions.ts'
import { corporaFolder, readCorpus } from '../corpora/corpora.ts'
import { createExactnessTrial, generateHtml } from '../../../input-validation/test/exactness.ts'
import { generateWellFormedHtml } from '../../../input-validation/test/well-formed-html.ts'

/** What the comparison found. */
export type HtmlExactnessFigures = {
  /** Distinct strings; those that come up again are left out. */
  readonly generated: number
  readonly corpus: number
  /** How many of both were answered without a DOM. */
  readonly fast: number
  readonly mismatches: number
}

const corpora = [
  'xss-dompurify',
  'xss-libinjection',
  'sqli-libinjection',
  'sqli-benign-libinjection',
  'benign-coding-prompts',
  'benign-coding-answers',
  'benign-trigger-words',
  'naughty-strings',
]

const fullRun = 1_000_000

const textOf = (entry: unknown): string =>
  typeof entry === 'string' ? entry : (entry as { readonly payload: string }).payload

/**
 * Compares what the package returns with what DOMPurify returns: a million generated strings, of which
 * a quarter is well-formed HTML or nearly so, and every corpus. `ALFRED_STRINGS` is for shorter runs.
 */
export async function verifyHtmlExactness(): Promise<HtmlExactnessFigures> {
  const folder = corporaFolder()
  const trial = createExactnessTrial((text, ours, theirs) => {
    console.error(
      `differs for ${JSON.stringify(text.slice(0, 300))}: ${JSON.stringify(ours)} and ${JSON.stringify(theirs)}`,
    )
  })
  let corpus = 0
  for (const name of corpora) {
    for (const entry of readCorpus<unknown>(folder, name)) {
      await trial.compare(textOf(entry))
      corpus += 1
    }
    console.error(`${name}: ${String(trial.mismatches())} mismatches`)
  }
  const generated = Number(process.env['ALFRED_STRINGS'] ?? fullRun)
  const seen = new Set<string>()
  for (let seed = 1; seen.size < generated; seed++) {
    const text = seed % 4 === 0 ? generateWellFormedHtml(seed) : generateHtml(seed)
    if (seen.has(text)) continue
    seen.add(text)
    await trial.compare(text)
    if (seen.size % 50_000 === 0)
      console.error(
        `${String(seen.size)} generated, ${String(trial.simple())} with tags and without a DOM, ${String(trial.mismatches())} mismatches`,
      )
  }
  await trial.close()
  if (trial.mismatches() > 0) process.exitCode = 1
  else if (generated >= fullRun) await listVersion()
  return { generated, corpus, fast: trial.fast(), mismatches: trial.mismatches() }
}

/** The sanitiser answers without a DOM under releases that are listed alone. */
async function listVersion(): Promise<void> {
  const version = createDOMPurify.version
  if (comparedVersions.includes(version)) return
  const file = fileURLToPath(
    new URL('../../../input-validation/src/html/compared-versions.ts', import.meta.url),
  )
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace(/\]\n$/, `, '${version}']\n`))
  console.error(`DOMPurify ${version} is listed in ${file} now`)
}
