import type { BenchReport, Progress } from '../report/bench-area.ts'
import { describeMachine } from '../report/machine.ts'
import { median, round } from '../measure/statistics.ts'
import { type DetectorSamples, measureDetectors } from './detector-contest.ts'
import { importedNames, measureImports } from './import-time.ts'
import { jsonPlan, runJsonContest } from './json-contest.ts'
import { measureTexts, type TextSamples } from './text-contest.ts'

const textRounds = 9
const detectorRounds = 9
const importRounds = 9

/** How many times as fast as isomorphic-dompurify, the peer that gives what we give. */
const ratioOf = (samples: TextSamples): number =>
  round(median(samples['isomorphic-dompurify'].map((peer, turn) => peer / (samples.ours[turn] ?? NaN))), 2)

/** The part of real coding prompts that quote tags. */
const quotingPart = 0.05

/** Prompts as they come: most without tags, some with. */
function mixed(prompts: TextSamples, quotingPrompts: TextSamples): TextSamples {
  const mix = (name: keyof TextSamples): readonly number[] =>
    prompts[name].map(
      (plain, turn) => plain * (1 - quotingPart) + (quotingPrompts[name][turn] ?? NaN) * quotingPart,
    )
  return {
    ours: mix('ours'),
    'isomorphic-dompurify': mix('isomorphic-dompurify'),
    'sanitize-html': mix('sanitize-html'),
  }
}

const nanosOf = ({ detectors, loop }: DetectorSamples): string =>
  `${median(detectors).toFixed(1)} ns a character (charCodeAt alone ${median(loop).toFixed(1)})`

const micros = (samples: readonly number[]): string => `${median(samples).toFixed(1)} µs`

/** Sanitising texts, reading JSON and being imported, beside the packages that do so elsewhere. */
export async function runValidation(progress: Progress): Promise<BenchReport> {
  const texts = await measureTexts(textRounds, progress)
  const mixedPrompts = mixed(texts.prompts, texts.quotingPrompts)
  const detectors = await measureDetectors(detectorRounds, progress)
  const json = await runJsonContest(progress)
  const imports = await measureImports(importRounds, progress)
  const textRow = (name: string, samples: TextSamples): readonly string[] => [
    name,
    micros(samples.ours),
    micros(samples['isomorphic-dompurify']),
    micros(samples['sanitize-html']),
  ]
  const jsonCell = (name: keyof typeof json.rates): string =>
    `${json.rates[name].toFixed(0)}/s, ${json.cpuMicros[name].toFixed(0)} µs`
  return {
    how: [
      'prompts: µs to sanitise a coding prompt without tags, which need no DOM. html: the same of small HTML documents, of which most are plain and need no DOM either; htmlInDom: of such as need one. The event loop turns after every ten texts.',
      `Medians of ${String(textRounds)} rounds in turn; the figures are the medians of the rounds' ratios to isomorphic-dompurify. Policies are each package's default.`,
      `json: requests/s of a body of 2 KB at ${String(jsonPlan.connections)} connections: createBodyGuard() and validate() to express.json() and parse() of the same zod schema; with detectors the message is a chatMessage(). Beside it the processor time of the server's process.`,
      `detectorsNsPerChar: processor time of all detectors together, detectAll(), of the benign texts that take most; without ALFRED_CORPORA of this bench's prompts alone. Medians of ${String(detectorRounds)} rounds, in turn with a loop over charCodeAt, which says how fast the machine was.`,
      `importMs: from the built packages, in a process that has loaded node:http, until the package can be used; jsdom is loaded by the first HTML. Median of ${String(importRounds)}.`,
      describeMachine(),
    ],
    table: {
      columns: ['what', 'ours', 'isomorphic-dompurify', 'sanitize-html', 'express.json + zod'],
      rows: [
        [...textRow('prompts', texts.prompts), '-'],
        [...textRow('prompts that quote markup', texts.quotingPrompts), '-'],
        [...textRow('prompts, one in twenty with tags', mixedPrompts), '-'],
        [...textRow('HTML', texts.html), '-'],
        [...textRow('HTML that needs a DOM', texts.unplainHtml), '-'],
        ...detectors.map((samples) => [`detectors, ${samples.name}`, nanosOf(samples), '-', '-', '-']),
        ['JSON', jsonCell('ours'), '-', '-', jsonCell('express')],
        ['JSON, with detectors', jsonCell('oursDetecting'), '-', '-', jsonCell('express')],
        ['import', ...importedNames.map((name) => `${median(imports[name]).toFixed(1)} ms`), '-'],
      ],
    },
    figures: {
      prompts: ratioOf(texts.prompts),
      promptsMixed: ratioOf(mixedPrompts),
      html: ratioOf(texts.html),
      htmlInDom: ratioOf(texts.unplainHtml),
      detectorsNsPerChar: round(Math.max(...detectors.map((samples) => median(samples.detectors))), 1),
      json: json.ratio,
      jsonDetecting: json.detectingRatio,
      importMs: round(median(imports['@alfred/input-validation']), 1),
    },
  }
}
