import type { Finding } from './text/finding.ts'

interface Region {
  readonly start: number
  readonly end: number
}

const backtick = 0x60

const runLength = (text: string, start: number): number => {
  let end = start
  while (text.charCodeAt(end) === backtick) end++
  return end - start
}

/**
 * Where a Markdown text shows code: from a run of backticks to the next run of the same length, as CommonMark
 * has it for code spans; fences of backticks are read the same way, and one that is left open ends with the text.
 */
export function codeRegions(text: string): readonly Region[] {
  const first = text.indexOf('`')
  if (first === -1) return []
  const runs: Region[] = []
  for (let start = first; start !== -1;) {
    const end = start + runLength(text, start)
    runs.push({ start, end })
    start = text.indexOf('`', end)
  }
  // For each run the next one of its length, found from the back so that every run is looked at once.
  const nextOfLength = new Map<number, number>()
  const closing = new Array<number | undefined>(runs.length)
  for (let index = runs.length - 1; index >= 0; index--) {
    const run = runs[index]
    if (!run) continue
    const length = run.end - run.start
    closing[index] = nextOfLength.get(length)
    nextOfLength.set(length, index)
  }
  const regions: Region[] = []
  for (let index = 0; index < runs.length; index++) {
    const run = runs[index]
    if (!run) continue
    const close = closing[index]
    if (close !== undefined) {
      regions.push({ start: run.start, end: runs[close]?.end ?? text.length })
      index = close
    } else if (run.end - run.start >= 3) {
      regions.push({ start: run.start, end: text.length })
      break
    }
  }
  return regions
}

/** What a finding in shown code is worth: it is talked about, not carried out. */
const codeFactor = 0.5

/** Lowers the scores of findings that lie in code which a Markdown text shows. */
export function lowerInCode(text: string, findings: readonly Finding[]): readonly Finding[] {
  if (findings.length === 0) return findings
  const regions = codeRegions(text)
  if (regions.length === 0) return findings
  return findings.map((finding) =>
    regions.some(({ start, end }) => finding.start >= start && finding.end <= end)
      ? { ...finding, score: finding.score * codeFactor }
      : finding,
  )
}
