import assert from 'node:assert/strict'
import { once } from 'node:events'

/** Serves a guarded Express app with the installed packages and asks it what a newcomer would ask. */
export async function askGuardedServer(alfredHardening, express) {
  const guard = alfredHardening({ cors: { origin: ['https://app.example.com'] } })
  const app = express()
  app.use(guard)
  app.post('/api/echo', (request, response) => response.json(request.body))
  app.use(guard.notFoundHandler, guard.errorHandler)
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await guard.ready()
  const url = `http://127.0.0.1:${server.address().port}`
  const post = (headers = {}) =>
    fetch(`${url}/api/echo`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: '{"code":"Map<string, number>"}',
    })

  const echoed = await post()
  assert.equal(echoed.status, 200)
  assert.deepEqual(await echoed.json(), { code: 'Map<string, number>' })
  assert.match(echoed.headers.get('content-security-policy') ?? '', /default-src/)
  assert.ok(echoed.headers.get('ratelimit'))
  assert.equal((await post({ 'Sec-Fetch-Site': 'cross-site' })).status, 403)
  assert.equal((await fetch(`${url}/livez`)).status, 200)
  assert.throws(() => alfredHardening({ rateLimt: true }), /rateLimit/)

  server.close()
  server.closeAllConnections()
  await guard.close()
}
