import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isRecord, readJson, replaceFile, textOf } from './json.ts'
import { isDigest, type Release } from './release.ts'

/** What a run does. */
export type Action = 'deploy' | 'rollback'

/** The last run, finished or not. */
export interface Run {
  readonly id: string
  readonly action: Action
  readonly target: Release
  /** What served before; `undefined` on the first deploy. */
  readonly from: Release | undefined
  /** The step that runs, or ran last. */
  readonly step: string
  readonly slot: string | undefined
  readonly startedAt: string
  /** `undefined` while it runs, and for ever when it was killed. */
  readonly outcome: 'succeeded' | 'failed' | 'broken' | undefined
  readonly error: string | undefined
}

/** What is known of the deployments of one machine. */
export interface State {
  /** What both slots serve. */
  readonly current: Release | undefined
  /** Releases that served, oldest first, each once. */
  readonly history: readonly Release[]
  /** Releases that a run has tried, oldest first. What was never tried is not ours to remove. */
  readonly tried: readonly Release[]
  readonly run: Run | undefined
}

const empty: State = { current: undefined, history: [], tried: [], run: undefined }

/** Where the state is kept. */
export interface StateStore {
  read(): Promise<State>
  write(state: State): Promise<void>
  /** Adds a line to the audit log. */
  audit(line: Readonly<Record<string, unknown>>): Promise<void>
}

export function createStateStore(folder: string): StateStore {
  const file = join(folder, 'state.json')
  return {
    async read() {
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
        throw error
      })
      return text === undefined ? empty : parseState(text, file)
    },
    write: (state) => replaceFile(file, `${JSON.stringify({ format: 1, ...state }, undefined, 2)}\n`),
    audit: (line) =>
      appendFile(
        join(folder, 'audit.jsonl'),
        `${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`,
      ),
  }
}

/** @throws Error naming the file when it holds something else */
export function parseState(text: string, file: string): State {
  const value = readJson(text)
  if (!isRecord(value) || value['format'] !== 1 || !Array.isArray(value['history'])) {
    throw new Error(`${file} is not a state of this version. Move it away to begin anew.`)
  }
  return {
    current: parseRelease(value['current']),
    history: parseReleases(value['history']),
    tried: parseReleases(value['tried']),
    run: parseRun(value['run']),
  }
}

function parseReleases(value: unknown): readonly Release[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : []
  return list.map(parseRelease).filter((release) => release !== undefined)
}

function parseRelease(value: unknown): Release | undefined {
  if (!isRecord(value)) return undefined
  const version = textOf(value, 'version')
  const digest = textOf(value, 'digest')
  return version !== undefined && digest !== undefined && isDigest(digest) ? { version, digest } : undefined
}

const outcomes = ['succeeded', 'failed', 'broken'] as const

function parseRun(value: unknown): Run | undefined {
  if (!isRecord(value)) return undefined
  const target = parseRelease(value['target'])
  if (target === undefined) return undefined
  return {
    id: textOf(value, 'id') ?? '',
    action: value['action'] === 'rollback' ? 'rollback' : 'deploy',
    target,
    from: parseRelease(value['from']),
    step: textOf(value, 'step') ?? '',
    slot: textOf(value, 'slot'),
    startedAt: textOf(value, 'startedAt') ?? '',
    outcome: outcomes.find((outcome) => outcome === value['outcome']),
    error: textOf(value, 'error'),
  }
}
