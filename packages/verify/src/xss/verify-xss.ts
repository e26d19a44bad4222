import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findFirefox, launchChromium, launchFirefox } from '@alfred/testkit'
import { ownPayloads } from './own-payloads.ts'
import {
  treatPayloads,
  type TreatedPayloads,
  tryPayloads,
  type XssBrowser,
  type XssResult,
} from './xss-trial.ts'
import { corporaFolder } from '../corpora/corpora.ts'
import { ensurePackage, type SystemPackage } from '../../../../scripts/system-package.ts'

/** What came of all payloads in every browser that was at hand. */
export type XssFigures = {
  readonly payloads: number
  /** Of the browser in which the fewest ran. */
  readonly rawExecuted: number
  /** Of all browsers together. */
  readonly executed: number
}

const firefox: SystemPackage = {
  name: 'firefox-esr',
  isPresent: () => findFirefox() !== undefined,
  missing: 'Payloads are tried in Firefox too: firefox-esr or firefox on PATH, or its path in FIREFOX_PATH.',
  installLines: {
    'apt-get': 'sudo apt-get update && sudo apt-get install -y firefox-esr',
    dnf: 'sudo dnf install -y firefox',
    apk: 'sudo apk add firefox-esr',
    brew: 'brew install --cask firefox',
  },
  otherwise: 'Install Firefox or set FIREFOX_PATH.',
}

interface Started {
  readonly name: string
  readonly browser: XssBrowser
  close(): Promise<void>
}

async function startChromium(): Promise<Started> {
  // No name is resolved: only this machine is reached.
  const chromium = await launchChromium({
    args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
  })
  const page = await chromium.newPage()
  return {
    name: `Chromium ${chromium.version()}`,
    browser: { goto: (url) => page.goto(url), evaluate: (expression) => page.evaluate(expression) },
    close: () => chromium.close(),
  }
}

async function startFirefox(): Promise<Started> {
  const firefox = await launchFirefox()
  return { name: `Firefox ${firefox.version}`, browser: firefox, close: () => firefox.close() }
}

async function readPayloads(): Promise<readonly string[]> {
  const folder = corporaFolder()
  const read = async (name: string): Promise<unknown[]> =>
    JSON.parse(await readFile(join(folder, name), 'utf8')) as unknown[]
  const [dompurify, libinjection] = await Promise.all([
    read('xss-dompurify.json'),
    read('xss-libinjection.json'),
  ])
  const fixtures = dompurify.map((entry) => (entry as { readonly payload: string }).payload)
  return [...new Set([...fixtures, ...(libinjection as string[]), ...ownPayloads])]
}

async function tryIn(start: () => Promise<Started>, treated: TreatedPayloads): Promise<XssResult> {
  const started = await start()
  const { name, browser } = started
  try {
    const result = await tryPayloads(browser, treated, {
      parallel: 24,
      settleMs: 60,
      progress: (line) => {
        console.error(`${name}, ${line}`)
      },
    })
    const { rawExecuted, executed } = result
    for (const { treatment, payload } of executed)
      console.error(`${name}: ran through ${treatment}: ${JSON.stringify(payload.slice(0, 300))}`)
    console.error(`${name}: ${String(rawExecuted)} ran raw, ${String(executed.length)} treated`)
    return result
  } finally {
    await started.close()
  }
}

/**
 * Tries every payload of the corpora, and our own, in Chromium and Firefox: raw, and through every output. The browsers
 * work side by side: each keeps one processor busy with its runner's page.
 */
export async function verifyXss(): Promise<XssFigures> {
  ensurePackage(firefox)
  const payloads = await readPayloads()
  const treated = await treatPayloads(payloads)
  console.error(`${String(payloads.length)} payloads through every output`)
  const results = await Promise.all([startChromium, startFirefox].map((start) => tryIn(start, treated)))
  const rawExecuted = Math.min(...results.map((result) => result.rawExecuted))
  const executed = results.reduce((sum, result) => sum + result.executed.length, 0)
  if (executed > 0 || rawExecuted <= 500) process.exitCode = 1
  return { payloads: payloads.length, rawExecuted, executed }
}
