import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { proxyForms } from '../../src/proxies/proxy-forms.ts'
import { tryProxies } from '../../src/proxies/try-proxies.ts'
import { frameworkNames } from '../../../prod-security/test/support/frameworks.ts'

it.each(frameworkNames)('takes no client for another behind any proxy, on %s', async (framework) => {
  const wrong: string[] = []
  const figures = await tryProxies(framework, (line) => wrong.push(line))
  expect(wrong).toEqual([])
  expect(figures).toMatchObject({ wrongAddress: 0, wrongBucket: 0, wrongScheme: 0 })
  // The attempts are worth something: who reads the list from its beginning is deceived by them.
  expect(figures.controlWrong).toBeGreaterThan(100)
})

it('has every proxy in the guide', async () => {
  const guide = await readFile(new URL('../../../../docs/guides/behind-a-proxy.md', import.meta.url), 'utf8')
  const missing = proxyForms
    .map(({ proxy }) => proxy.split(',', 1)[0] ?? proxy)
    .filter((name) => !guide.includes(name))
  expect(missing).toEqual([])
})
