import { createHtmlSanitizer, createMarkdownRenderer, escapeHtml } from '@alfred/input-validation'
import { startXssSite, type XssDocument } from './xss-site.ts'

/** A browser with the runner's page open. */
export interface XssBrowser {
  goto(url: string): Promise<unknown>
  evaluate(expression: string): Promise<unknown>
}

/** How a trial is done. */
export interface XssTrialOptions {
  /** Frames at a time. */
  readonly parallel: number
  /** How long a frame has before and after its events were fired, ms. */
  readonly settleMs: number
  readonly progress?: ((line: string) => void) | undefined
}

/** What a trial found. */
export interface XssResult {
  readonly payloads: number
  /** How many ran when nothing was done about them. */
  readonly rawExecuted: number
  /** Those that ran after all, with what was to stop them. */
  readonly executed: readonly { readonly treatment: string; readonly payload: string }[]
}

/**
 * The places into which a careless page puts text as it is, those first in which a payload swallows least of the rest:
 * values with and without quotation marks, URLs and content.
 */
const careless = (payload: string): string =>
  [
    `<input value=${payload}>`,
    `<div title="${payload}">x</div>`,
    `<div title='${payload}'>x</div>`,
    `<a href="${payload}">x</a>`,
    `<div>${payload}</div>`,
  ].join('\n')

/** Text, escaped: as content, in attributes of either quote, in raw text that knows entities and in a template. */
const escaped = (payload: string): string => {
  const text = escapeHtml(payload)
  return `<div>${text}</div><div title="${text}">x</div><div title='${text}'>x</div><textarea>${text}</textarea><template><b title="${text}">${text}</b></template>`
}

/** What one treatment made of one payload. */
interface Case {
  readonly treatment: string
  readonly payload: string
  readonly markup: string
  readonly inserted: readonly string[]
}

/** The widest policy that the options allow beside the default one: what it lets through must be as harmless. */
const widest = {
  profiles: ['html', 'svg', 'mathMl'],
  forbiddenTags: [],
  forbiddenAttributes: [],
  allowDataAttributes: true,
} as const

/** Payloads with everything that the package makes of them. */
export interface TreatedPayloads {
  readonly payloads: readonly string[]
  readonly cases: readonly Case[]
  /** How often a limit refused a payload, which then goes nowhere. */
  readonly refused: number
}

/** Puts payloads through every output of the package, once for all browsers. */
export async function treatPayloads(payloads: readonly string[]): Promise<TreatedPayloads> {
  const limits = { timeoutMs: 60_000, workers: 1 }
  const strict = createHtmlSanitizer(limits)
  const wide = createHtmlSanitizer({ ...limits, policy: widest })
  const markdown = createMarkdownRenderer({
    ...limits,
    imageOrigins: ['https://images.example.com'],
  })
  // One after the other: each loads jsdom twice.
  for (const output of [strict, wide, markdown]) await output.ready()
  const cases: Case[] = []
  let refused = 0
  for (const payload of payloads) {
    for (const [treatment, sanitizer] of [
      ['html', strict],
      ['html, every profile', wide],
    ] as const) {
      const outcome = await sanitizer.sanitize(payload)
      if ('refusal' in outcome) refused += 1
      else cases.push({ treatment, payload, markup: `<div>${outcome.html}</div>`, inserted: [outcome.html] })
    }
    const rendered = await markdown.renderMarkdown(payload)
    cases.push({ treatment: 'markdown', payload, markup: `<div>${rendered}</div>`, inserted: [rendered] })
    cases.push({ treatment: 'text', payload, markup: escaped(payload), inserted: [escaped(payload)] })
  }
  await Promise.all([strict.close(), wide.close(), markdown.close()])
  return { payloads, cases, refused }
}

/** Between these the runner's page is asked, and tells how far it is. */
const documentsAtATime = 200

/** How many treated payloads share a document; where a script runs they are tried again one by one. */
const casesPerDocument = 24

/**
 * Puts every payload into documents of a real browser: raw, which shows that it would run and that the harness
 * would notice, and through each of the package's outputs. Events are fired at every element.
 */
export async function tryPayloads(
  browser: XssBrowser,
  { payloads, cases }: TreatedPayloads,
  { parallel, settleMs, progress = () => undefined }: XssTrialOptions,
): Promise<XssResult> {
  const site = await startXssSite()
  try {
    await browser.goto(`${site.origin}/`)
    const visit = async (documents: readonly XssDocument[]): Promise<ReadonlySet<string>> => {
      const paths = documents.map((document) => site.add(document))
      const options = JSON.stringify({ parallel, settleMs })
      const hits = (await browser.evaluate(`visitAll(${JSON.stringify(paths)}, ${options})`)) as string[]
      const found = new Set([...hits, ...site.reported])
      site.clear()
      return found
    }
    const inChunks = async (
      documents: readonly XssDocument[],
      what: string,
    ): Promise<ReadonlySet<string>> => {
      const found = new Set<string>()
      for (let from = 0; from < documents.length; from += documentsAtATime) {
        for (const id of await visit(documents.slice(from, from + documentsAtATime))) found.add(id)
        const done = Math.min(from + documentsAtATime, documents.length)
        progress(`${what}: ${String(done)} of ${String(documents.length)} documents`)
      }
      return found
    }

    const executedRaw = await inChunks(
      payloads.map((payload, at) => ({ id: String(at), markup: careless(payload) })),
      'raw',
    )

    const documentOf = (members: readonly Case[], id: string): XssDocument => ({
      id,
      markup: members.map(({ markup }) => markup).join('\n'),
      inserted: members.flatMap(({ inserted }) => inserted),
    })
    const byTreatment = Object.values(Object.groupBy(cases, ({ treatment }) => treatment)).map(
      (list) => list ?? [],
    )
    const groups = byTreatment.flatMap((list) =>
      Array.from({ length: Math.ceil(list.length / casesPerDocument) }, (_, at) =>
        list.slice(at * casesPerDocument, (at + 1) * casesPerDocument),
      ),
    )
    const suspects = await inChunks(
      groups.map((members, index) => documentOf(members, String(index))),
      'treated',
    )
    const alone = [...suspects].flatMap((id) => groups[Number(id)] ?? [])
    const guilty = await inChunks(
      alone.map((one, index) => documentOf([one], String(index))),
      'treated, one by one',
    )
    // A document that only ran together with others is as bad.
    const blamed = guilty.size > 0 ? [...guilty].flatMap((id) => alone[Number(id)] ?? []) : alone
    return {
      payloads: payloads.length,
      rawExecuted: executedRaw.size,
      executed: blamed.map(({ treatment, payload }) => ({ treatment, payload })),
    }
  } finally {
    await site.close()
  }
}
