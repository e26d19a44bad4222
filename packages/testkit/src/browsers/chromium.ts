import type { Browser } from 'playwright-core'
import { findExecutable } from '../processes/find-executable.ts'

/** How to start a Chromium. */
export interface LaunchChromiumOptions {
  /** More arguments of the browser, such as `['--host-resolver-rules=MAP *.test 127.0.0.1']`. @default [] */
  readonly args?: readonly string[] | undefined
}

/** @returns `CHROMIUM_PATH`, else the first Chromium or Chrome of PATH */
export function findChromium(): string | undefined {
  return process.env['CHROMIUM_PATH'] || findExecutable('chromium', 'chromium-browser', 'google-chrome')
}

/**
 * Starts a headless Chromium of the system; none is downloaded. Its sandbox is off for root alone, whom
 * Chromium refuses to run for otherwise.
 *
 * @returns Playwright's browser; close it when the tests are done
 * @throws Error when there is no Chromium to start
 *
 * @example
 * const browser = await launchChromium()
 * afterAll(() => browser.close())
 */
export async function launchChromium({ args = [] }: LaunchChromiumOptions = {}): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined) {
    throw new Error(
      'there is no Chromium to start: put chromium on PATH (node scripts/ensure-services.ts) or set CHROMIUM_PATH',
    )
  }
  const { chromium } = await import('playwright-core')
  return chromium.launch({ executablePath, args: [...args], chromiumSandbox: process.getuid?.() !== 0 })
}
