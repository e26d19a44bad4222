import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { chatMessage, identifier, validate } from '@alfred/input-validation'
import { detectors, type DetectorName } from '@alfred/input-validation/detectors'
import { z } from 'zod'
import { valueThreshold } from '../../../input-validation/src/detectors/text/finding.ts'
import { createEveryField } from '../../../input-validation/test/every-field.ts'
import { corporaFolder, isHeldOut, readCorpus } from '../corpora/corpora.ts'

export interface FalsePositiveFigures extends Readonly<Record<string, unknown>> {
  /** Chat messages that were refused for what they say, of all benign corpora. */
  readonly rejected: number
  /** The share of coding prompts that were flagged by any detector. */
  readonly promptsFlagged: number
  /** The same of answers to them. */
  readonly answersFlagged: number
  /** The share of attacks that their detector flagged in a chat message; one that cannot be stored is refused before. */
  readonly recall: { readonly xss: number; readonly sqli: number }
}

interface DomPurifyCase {
  readonly payload: string
  readonly expected: string | readonly string[]
}

// Longer than any entry: what is measured is content.
const field = chatMessage({ maxLength: 1_000_000 })
const chat = validate({ body: z.strictObject({ message: field }) })

/** What detectors flag in a chat message, on the way that every request takes; nothing for one that cannot be stored. */
function flaggedBy(message: string): ReadonlySet<DetectorName> | 'refused' {
  const request = Object.assign(new IncomingMessage(new Socket()), { url: '/', body: { message } })
  let flags: ReadonlySet<DetectorName> | 'refused' = 'refused'
  chat(request, new ServerResponse(request), () => {
    flags = new Set(chat.flags(request).map(({ detector }) => detector))
  })
  return flags
}

const anyFlag = (text: string): boolean => {
  const flags = flaggedBy(text)
  return flags !== 'refused' && flags.size > 0
}

/** Whether a detector flags an attack, or the message is refused before, as one with U+0000 is: neither passes unseen. */
const isCaughtBy =
  (name: DetectorName) =>
  (text: string): boolean => {
    const flags = flaggedBy(text)
    return flags === 'refused' || flags.has(name)
  }

/** Refused for anything but being empty, which the corpora's odd strings are as well. */
const isRejected = (message: string): boolean => message !== '' && !field.safeParse(message).success

function share<T>(entries: readonly T[], holds: (entry: T) => boolean): number {
  let count = 0
  for (const entry of entries) if (holds(entry)) count++
  return entries.length === 0 ? 0 : Number((count / entries.length).toFixed(4))
}

const asPercent = (fraction: number): string => `${(fraction * 100).toFixed(2)} %`

/** Puts texts into a field of every kind; an exception, or a character that is lost, fails the run. */
async function tryEveryField(texts: readonly string[]): Promise<void> {
  const every = await createEveryField()
  let faults = 0
  for (const text of texts) {
    for (const fault of await every.faultsOf(text)) {
      faults += 1
      console.error(`${fault}, for ${JSON.stringify(text.slice(0, 300))}`)
    }
  }
  await every.close()
  console.error(
    `${String(faults).padStart(9)}  faults of ${String(texts.length)} naughty strings in fields of every kind`,
  )
  if (faults > 0) process.exitCode = 1
}

/** Measures what chat messages are refused and flagged for, and how many attacks are flagged, on texts that nobody tuned on. */
export async function verifyFalsePositives(): Promise<FalsePositiveFigures> {
  const folder = corporaFolder()
  const texts = (name: string): readonly string[] => readCorpus<string>(folder, name)
  const heldOut = (name: string): readonly string[] => texts(name).filter(isHeldOut)

  const benign = [
    'benign-coding-prompts',
    'benign-coding-answers',
    'benign-trigger-words',
    'naughty-strings',
    'sqli-benign-libinjection',
  ]
  const rejected = benign.flatMap(texts).filter(isRejected).length

  const promptsFlagged = share(heldOut('benign-coding-prompts'), anyFlag)
  const answersFlagged = share(heldOut('benign-coding-answers'), anyFlag)

  // What DOMPurify leaves as it is is no attack.
  const domPurify = readCorpus<DomPurifyCase>(folder, 'xss-dompurify')
    .filter(({ payload, expected }) => ![expected].flat().includes(payload))
    .map(({ payload }) => payload)
    .filter(isHeldOut)
  const xss = [...domPurify, ...heldOut('xss-libinjection')]
  const sqli = heldOut('sqli-libinjection')
  const recall = {
    xss: share(xss, isCaughtBy('markup')),
    sqli: share(sqli, isCaughtBy('sql')),
  }

  const value = (name: DetectorName) => (text: string) =>
    detectors[name](text).some(({ score }) => score >= valueThreshold)
  const name = identifier({ characters: 'words', maxLength: 4096 })
  const refused = (text: string): boolean => !name.safeParse(text).success
  for (const [what, fraction] of [
    ['trigger words flagged', share(heldOut('benign-trigger-words'), anyFlag)],
    ['XSS payloads found where a value belongs', share(xss, value('markup'))],
    ['SQL injections found where a value belongs', share(sqli, value('sql'))],
    [
      'strings that look like SQL and are not, found as well',
      share(heldOut('sqli-benign-libinjection'), value('sql')),
    ],
    ['XSS payloads refused by identifier({ characters: "words" })', share(xss, refused)],
    ['SQL injections refused by it', share(sqli, refused)],
  ] as const) {
    console.error(`${asPercent(fraction).padStart(9)}  ${what}`)
  }
  await tryEveryField(texts('naughty-strings'))
  return { rejected, promptsFlagged, answersFlagged, recall }
}
