import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitFor } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { createAlertReceiver } from '../../../../scripts/monitoring/alert-handlers/receive-alerts.ts'

/** A receiver with one action, `mark`, which writes the alert's name to a file. */
async function startReceiver({ dryRun = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-actions-'))
  const marks = join(folder, 'marks')
  await writeFile(marks, '')
  await writeFile(join(folder, 'mark.sh'), `#!/bin/sh\necho "$ALERT_NAME" >> ${marks}\n`, { mode: 0o755 })
  const lines: unknown[] = []
  let now = 1_000_000
  const server = createAlertReceiver({
    folder,
    token: 'secret',
    dryRun,
    pauseMs: 900_000,
    log: (line) => lines.push(line),
    now: () => now,
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
    await rm(folder, { recursive: true, force: true })
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const post = async (body: unknown, token = 'secret'): Promise<number> => {
    const headers = { Authorization: `Bearer ${token}`, Connection: 'close' }
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const url = `http://127.0.0.1:${String(address.port)}/alerts`
    return (await fetch(url, { method: 'POST', headers, body: text })).status
  }
  return { lines, post, marks: () => readFile(marks, 'utf8'), pass: (ms: number) => (now += ms) }
}

const alert = (action: string | undefined, status = 'firing'): object => ({
  version: '4',
  alerts: [{ status, labels: { alertname: 'Burning', ...(action !== undefined && { action }) } }],
})

it('runs the action that a firing alert names, once in a while', async () => {
  const { post, marks, lines, pass } = await startReceiver()
  expect(await post(alert('mark'))).toBe(202)
  await waitFor(async () => (await marks()) === 'Burning\n')
  await post(alert('mark'))
  expect(lines).toContainEqual({ action: 'mark', alert: 'Burning', outcome: 'too soon' })
  pass(900_000)
  await post(alert('mark'))
  await waitFor(async () => (await marks()) === 'Burning\nBurning\n')
})

it.each([
  ['another action', alert('other'), 'secret', 202],
  ['a path', alert('../mark'), 'secret', 202],
  ['a resolved alert', alert('mark', 'resolved'), 'secret', 204],
  ['an alert without an action', alert(undefined), 'secret', 204],
  ['what is no JSON', '{', 'secret', 400],
  ['the wrong token', alert('mark'), 'guess', 401],
])('runs nothing for %s', async (_what, body, token, status) => {
  const { post, lines } = await startReceiver()
  expect(await post(body, token)).toBe(status)
  expect(lines).not.toContainEqual(expect.objectContaining({ outcome: 'started' }))
})

it('only says what it would run in a dry run', async () => {
  const { post, lines, marks } = await startReceiver({ dryRun: true })
  await post(alert('mark'))
  expect(lines).toEqual([{ action: 'mark', alert: 'Burning', outcome: 'dry run' }])
  expect(await marks()).toBe('')
})
