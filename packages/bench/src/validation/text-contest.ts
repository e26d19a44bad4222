import { setImmediate as nextTurn } from 'node:timers/promises'
import { createHtmlSanitizer } from '@alfred/input-validation'
import DOMPurify from 'isomorphic-dompurify'
import sanitizeHtml from 'sanitize-html'
import type { Progress } from '../report/bench-area.ts'
import { interleave } from '../measure/interleave.ts'
import { htmlTexts, promptTexts, quotingPromptTexts, unplainHtmlTexts } from './texts.ts'

/** Who sanitises, in the order in which they take turns. */
export const sanitizerNames = ['ours', 'isomorphic-dompurify', 'sanitize-html'] as const

/** µs per text of every round. */
export type TextSamples = Readonly<Record<(typeof sanitizerNames)[number], readonly number[]>>

type Sanitize = (text: string) => unknown

/** How many texts a round takes. */
const textsPerRound = 800

/** Yields after every ten texts, as a server does between requests; jsdom keeps memory of calls that never do. */
async function microsPerText(sanitize: Sanitize, texts: readonly string[]): Promise<number> {
  const passes = Math.ceil(textsPerRound / texts.length)
  let tookMs = 0
  for (let pass = 0; pass < passes; pass++) {
    for (let from = 0; from < texts.length; from += 10) {
      const startedAt = performance.now()
      for (const text of texts.slice(from, from + 10)) {
        const result = sanitize(text)
        if (result instanceof Promise) await result
      }
      tookMs += performance.now() - startedAt
      await nextTurn()
    }
  }
  return (tookMs / passes / texts.length) * 1000
}

/**
 * Has all sanitise the same texts in turn. The first round compiles and is left out.
 *
 * @throws Error when a sanitiser lets a script through: its speed would mean nothing
 */
export async function measureTexts(
  rounds: number,
  progress: Progress,
): Promise<Readonly<Record<'html' | 'prompts' | 'quotingPrompts' | 'unplainHtml', TextSamples>>> {
  const sanitizer = createHtmlSanitizer({ timeoutMs: 60_000 })
  await sanitizer.ready()
  const sanitizers: Readonly<Record<(typeof sanitizerNames)[number], Sanitize>> = {
    ours: (text) => sanitizer.sanitize(text),
    'isomorphic-dompurify': (text) => DOMPurify.sanitize(text),
    'sanitize-html': (text) => sanitizeHtml(text),
  }
  for (const name of sanitizerNames) {
    const outcome = JSON.stringify(await sanitizers[name]('<p>Hello<script>steal()</script></p>'))
    if (!outcome.includes('<p>Hello</p>')) throw new Error(`${name} made ${outcome} of a script`)
  }
  const contest = async (what: string, texts: readonly string[]): Promise<TextSamples> => {
    const samples = await interleave(sanitizerNames, rounds + 1, async (name, round) => {
      globalThis.gc?.()
      const micros = await microsPerText(sanitizers[name], texts)
      progress(`${what}, ${name} ${String(round)}/${String(rounds + 1)}: ${micros.toFixed(1)} µs`)
      return micros
    })
    for (const name of sanitizerNames) samples[name].shift()
    return samples
  }
  const prompts = await contest('prompts', promptTexts)
  const quotingPrompts = await contest('prompts that quote markup', quotingPromptTexts)
  const html = await contest('HTML', htmlTexts)
  const unplainHtml = await contest('HTML that needs a DOM', unplainHtmlTexts)
  await sanitizer.close()
  return { prompts, quotingPrompts, html, unplainHtml }
}
