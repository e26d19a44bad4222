import { createTestCertificate, launchChromium, type TestCertificate } from '@alfred/testkit'
import { onTestFinished } from 'vitest'

type Browser = Awaited<ReturnType<typeof launchChromium>>

/** A tab. */
export type Tab = Awaited<ReturnType<Browser['newPage']>>

/** A document: that of a tab, or of a frame in it. */
export type Document = Pick<Tab, 'evaluate'>

interface Running {
  readonly browser: Browser
  readonly tab: Tab
  readonly certificate: TestCertificate
}

let running: Running | undefined

function current(): Running {
  if (!running) throw new Error('the browser was not started')
  return running
}

/** Starts the browser that all cases share. It resolves `localhost` and every name below `test` to this machine. */
export async function startBrowser(): Promise<void> {
  const certificate = await createTestCertificate(['tls.alfred.test'])
  const browser = await launchChromium({
    args: [
      '--host-resolver-rules=MAP *.test 127.0.0.1, MAP localhost 127.0.0.1',
      `--ignore-certificate-errors-spki-list=${certificate.publicKeyHash}`,
      // Else reports are collected for a minute.
      '--short-reporting-delay',
    ],
  })
  running = { browser, certificate, tab: await browser.newPage() }
}

/** Ends it. */
export async function stopBrowser(): Promise<void> {
  await running?.browser.close()
  running = undefined
}

/** The certificate that the browser accepts, for `tls.alfred.test`. */
export const serverCertificate = (): TestCertificate => current().certificate

/**
 * Opens `url` in the one tab, which is emptied when the test is done: a tab of its own would take each
 * test longer than all else. Sites differ by their ports, so that nothing is kept but cookies.
 */
export async function openTab(url: string): Promise<Tab> {
  const { tab } = current()
  onTestFinished(async () => {
    await tab.goto('about:blank')
    await tab.context().clearCookies()
  })
  await tab.goto(url)
  return tab
}

/** Calls a function of `page.js` in a document. */
export function call<Result>(document: Document, name: string, ...args: readonly unknown[]): Promise<Result> {
  return document.evaluate<Result>(`${name}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`)
}

/** Adds a frame to a tab's page and returns its document once it has loaded, or was blocked. */
export async function addFrame(
  tab: Tab,
  src: string,
  attributes: Readonly<Record<string, string>> = {},
): Promise<ReturnType<Tab['mainFrame']>> {
  await call(tab, 'embed', 'iframe', src, attributes)
  const frame = tab.frames().at(-1)
  if (!frame || frame === tab.mainFrame()) throw new Error('the page has no frame')
  return frame
}
