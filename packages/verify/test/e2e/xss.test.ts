import { launchChromium } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { ownPayloads } from '../../src/xss/own-payloads.ts'
import { treatPayloads, tryPayloads } from '../../src/xss/xss-trial.ts'

/** Every fifth: the whole list, the corpora and Firefox are in `pnpm verify xss`. */
const sample = ownPayloads.filter((_payload, index) => index % 5 === 0)

it('stops in Chromium what runs raw', { timeout: 180_000 }, async () => {
  const browser = await launchChromium({
    args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
  })
  try {
    const page = await browser.newPage()
    const result = await tryPayloads(
      { goto: (url) => page.goto(url), evaluate: (expression) => page.evaluate(expression) },
      await treatPayloads(sample),
      { parallel: 8, settleMs: 50 },
    )
    expect(result.rawExecuted).toBeGreaterThan(sample.length / 2)
    expect(result.executed).toEqual([])
  } finally {
    await browser.close()
  }
})
