import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startReceiver } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { startEchoApp } from '../edge/echo-app.ts'

const script = fileURLToPath(new URL('../../../../scripts/monitoring/uptime-probe.sh', import.meta.url))

it('tells people once that an address does not answer, and once that it does again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-uptime-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await using receiver = await startReceiver()
  const webhook = join(folder, 'webhook')
  await writeFile(webhook, receiver.url)
  let status = 200
  await using app = await startEchoApp((_request, response) => {
    response.writeHead(status).end()
  })
  const url = `http://127.0.0.1:${String(app.port)}/readyz`
  const probe = (): Promise<number> =>
    new Promise((resolve) => {
      const child = execFile(script, [url, join(folder, 'state'), webhook])
      child.once('exit', (code) => {
        resolve(code ?? -1)
      })
    })
  const texts = (): readonly unknown[] =>
    receiver.requests.map(({ body }) => (JSON.parse(body) as { text: unknown }).text)

  expect(await probe()).toBe(0)
  expect(texts()).toEqual([])
  status = 503
  expect([await probe(), await probe()]).toEqual([1, 1])
  expect(texts()).toEqual([
    expect.stringContaining(`${url} is down: curl: (22) The requested URL returned error: 503`),
  ])
  status = 200
  expect([await probe(), await probe()]).toEqual([0, 0])
  expect(texts().slice(1)).toEqual([`${url} is up`])
})
