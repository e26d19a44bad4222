import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { freePort } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { runHealthCommand } from './health-command.ts'

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `127.0.0.1:${String(typeof address === 'object' ? address?.port : '')}`
}

async function run(...args: string[]) {
  let printed = ''
  const stream = { write: (text: string) => (printed += text) }
  const code = await runHealthCommand(args, { stdout: stream, stderr: stream })
  return { code, printed }
}

it.each<[string, string, 0 | 1, number, string]>([
  ['a pass', 'pass (200, N ms)', 0, 200, '{"status":"pass"}'],
  ['a warning', 'warn (200, N ms)', 0, 200, '{"status":"warn"}'],
  ['a failure', 'fail (503, draining, N ms)', 1, 503, '{"status":"fail","output":"draining"}'],
  ['a failure that says 200', 'fail (200, N ms)', 1, 200, '{"status":"fail"}'],
  ['a 503 that says pass', 'fail (503, N ms)', 1, 503, '{"status":"pass"}'],
  ['a redirect', 'fail (302, N ms)', 1, 302, ''],
  ['plain text', 'pass (200, N ms)', 0, 200, 'OK'],
  ['null', 'pass (200, N ms)', 0, 200, 'null'],
  ['lines in the output', 'fail (503, a b [31m, N ms)', 1, 503, '{"output":"a\\nb\\u001b[31m"}'],
  ['a long body', 'pass (200, N ms)', 0, 200, 'x'.repeat(200_000)],
])('reports %s as %s and ends with %i', async (_name, line, code, statusCode, body) => {
  const host = await serve((_request, response) => {
    response.writeHead(statusCode, { Location: '/' }).end(body)
  })
  const { printed, ...ended } = await run(`http://user:secret@${host}/readyz?token=1`)
  expect(ended).toEqual({ code })
  expect(printed.replace(/\d+ ms/, 'N ms')).toBe(line.replace(' ', ` http://${host}/readyz `) + '\n')
})

it('gives up when the answer takes too long, also in its middle', async () => {
  const host = await serve((request, response) => {
    if (request.url === '/half') response.write('{')
  })
  for (const path of ['/silent', '/half']) {
    expect(await run(`http://${host}${path}`, '--timeout', '100')).toEqual({
      code: 2,
      printed: `no answer http://${host}${path} (100 ms passed without an answer)\n`,
    })
  }
})

it('names the reason when nothing listens', async () => {
  const url = `http://127.0.0.1:${String(await freePort())}/`
  expect(await run(url)).toEqual({ code: 2, printed: `no answer ${url} (ECONNREFUSED)\n` })
})

it.each([
  [[], 'URL is missing'],
  [['a', 'b'], 'one URL only'],
  [['localhost:3000'], 'URL must begin with http:// or https://'],
  [['http://a', '--timeout', '0'], '--timeout must be'],
  [['http://a', '--timeout', 'soon'], '--timeout must be'],
  [['http://a', '--timeuot', '1'], "Unknown option '--timeuot'"],
])('refuses %j', async (args, reason) => {
  const { code, printed } = await run(...args)
  expect(code).toBe(2)
  expect(printed).toContain(reason)
  expect(printed).toContain('Usage: alfred-security health URL')
})

it('helps', async () => {
  expect(await run('--help')).toMatchObject({ code: 0 })
})
