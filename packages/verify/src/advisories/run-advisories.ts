import { AlfredConfigError } from '@alfred/core'
import { createHtmlSanitizer, createMarkdownRenderer, url } from '@alfred/input-validation'
import { isLiveMarkup } from '../../../input-validation/test/live-markup.ts'
import { type AlfredConfig, alfredHardening } from '@alfred/prod-security'
import { type Framework, frameworkNames } from '../../../prod-security/test/support/frameworks.ts'
import { notApplicableAdvisories, replayedAdvisories } from './advisories.ts'
import type { Attack } from './advisory.ts'
import { type AttackedServer, secretText, startAttacked } from './attacked-server.ts'
import { type Answer, type RawRequest, sendRaw } from './raw-request.ts'

/** What came of the replay. */
export type AdvisoryFigures = {
  readonly advisories: number
  /** Attempts, each on every framework that it concerns. */
  readonly cases: number
  /** Attempts that succeeded. */
  readonly open: number
  readonly notApplicable: number
  /** Of the attempts, those that a guard with the faults of the advisories could be tried with. */
  readonly controls: number
  /** Of these, the ones that succeeded there. */
  readonly controlsOpen: number
}

type Guard = 'hardened' | 'weak'

const sanitizer = createHtmlSanitizer()
const renderer = createMarkdownRenderer()
const checkedUrl = url()

const withKey = (request: RawRequest, key: string): RawRequest => ({
  ...request,
  headers: request.headers?.map(([name, value]) => [name, value.replace('{key}', key)] as const) ?? [],
})

const isSane = ({ status }: Answer): boolean => status !== -1 && status !== 500

async function holdsByRequests(
  { port, key }: AttackedServer,
  attack: Extract<Attack, { readonly by: 'requests' | 'target' }>,
): Promise<boolean> {
  if (attack.by === 'target') {
    for (const target of attack.targets) {
      const answer = await sendRaw(port, { target, headers: attack.headers ?? [] })
      if (answer.body.includes(secretText) || !isSane(answer)) return false
    }
    return true
  }
  const send = (request: RawRequest): Promise<Answer> => sendRaw(port, withKey(request, key))
  const answers: Answer[] = []
  if (attack.together) answers.push(...(await Promise.all(attack.requests.map(send))))
  else for (const request of attack.requests) answers.push(await send(request))
  return answers.every(isSane) && attack.holds(answers)
}

/** Whether a server withstands, and still answers afterwards. */
async function holdsOnServer(
  framework: Framework,
  guard: Guard,
  attack: Extract<Attack, { readonly by: 'requests' | 'target' }>,
): Promise<boolean> {
  const server = await startAttacked(framework, guard, attack.config)
  try {
    if (!(await holdsByRequests(server, attack))) return false
    return (await sendRaw(server.port, { target: '/livez' })).status !== 0
  } finally {
    await server.close()
  }
}

function isRefused(config: unknown): boolean {
  try {
    void alfredHardening(config as AlfredConfig).close()
    return false
  } catch (error) {
    return error instanceof AlfredConfigError
  }
}

/** Sanitised HTML; nothing when it was refused. */
async function sanitised(html: string): Promise<string> {
  const outcome = await sanitizer.sanitize(html)
  return 'html' in outcome ? outcome.html : ''
}

async function holdsByContent(
  attack: Extract<Attack, { readonly by: 'html' | 'markdown' }>,
  guard: Guard,
): Promise<boolean> {
  const isMarkdown = attack.by === 'markdown'
  for (const text of isMarkdown ? attack.markdown : attack.html) {
    const shown =
      guard === 'weak' ? text : await (isMarkdown ? renderer.renderMarkdown(text) : sanitised(text))
    if (isLiveMarkup(shown, isMarkdown)) return false
  }
  return true
}

/** The check of a URL that most applications begin with. */
const looksPrivate = (text: string): boolean =>
  /^(?:localhost|127\.|10\.|192\.168\.|169\.254\.|\[::1\])/.test(URL.parse(text)?.hostname ?? '')

function holdsByUrls(urls: readonly string[], guard: Guard): boolean {
  return urls.every((text) => (guard === 'weak' ? looksPrivate(text) : !checkedUrl.safeParse(text).success))
}

/** Whether the attack fails; `undefined` where it cannot be tried with this guard. */
async function holds(attack: Attack, framework: Framework, guard: Guard): Promise<boolean | undefined> {
  switch (attack.by) {
    case 'target':
    case 'requests':
      return holdsOnServer(framework, guard, attack)
    case 'html':
    case 'markdown':
      return holdsByContent(attack, guard)
    case 'url':
      return holdsByUrls(attack.urls, guard)
    case 'config':
      return guard === 'weak' ? undefined : attack.configs.every(isRefused)
    case 'call':
      return guard === 'weak' ? undefined : attack.holds()
  }
}

const concerns = ({ by }: Attack): readonly Framework[] =>
  by === 'target' || by === 'requests' ? frameworkNames : ['node:http']

/** Replays all advisories, on the hardened stack and on the weak guard. */
export async function runAdvisories(report: (line: string) => void): Promise<AdvisoryFigures> {
  const counts = { cases: 0, open: 0, controls: 0, controlsOpen: 0 }
  await Promise.all([sanitizer.ready(), renderer.ready()])
  for (const { id, package: name, attacks } of replayedAdvisories) {
    for (const [index, attack] of attacks.entries()) {
      for (const framework of concerns(attack)) {
        counts.cases++
        if ((await holds(attack, framework, 'hardened')) === false) {
          counts.open++
          report(`${id} (${name}), attempt ${String(index + 1)} on ${framework}: open`)
        }
      }
      const control = await holds(attack, 'node:http', 'weak')
      if (control === undefined) continue
      counts.controls++
      if (!control) counts.controlsOpen++
      else report(`${id} (${name}), attempt ${String(index + 1)}: the weak guard withstands too`)
    }
  }
  await Promise.all([sanitizer.close(), renderer.close()])
  return {
    advisories: replayedAdvisories.length + notApplicableAdvisories.length,
    ...counts,
    notApplicable: notApplicableAdvisories.length,
  }
}
