import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { problemType, sendProblem } from './problem.ts'
import { requestContext } from '../request/request-context.ts'

let close: (() => void) | undefined
afterEach(() => close?.())

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  close = () => server.close()
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`
}

const problem = { type: problemType('example'), status: 403, title: 'Refused', detail: 'Ask again.' }

it('answers with the problem and keeps headers set earlier', async () => {
  const url = await serve((request, response) => {
    requestContext(request).requestId = 'r1'
    response.setHeader('Vary', 'Origin').setHeader('Content-Encoding', 'gzip').setHeader('ETag', '"x"')
    sendProblem(request, response, { ...problem, extensions: { retryable: false } })
  })
  const answer = await fetch(url)
  expect(answer.status).toBe(403)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.get('vary')).toBe('Origin')
  expect(answer.headers.has('content-encoding')).toBe(false)
  expect(answer.headers.has('etag')).toBe(false)
  expect(await answer.json()).toEqual({ ...problem, retryable: false, requestId: 'r1' })
})

it('tells each request its own id of a frozen problem', async () => {
  let requests = 0
  const frozen = Object.freeze(problem)
  const url = await serve((request, response) => {
    requests += 1
    if (requests < 3) requestContext(request).requestId = `r${String(requests)}`
    sendProblem(request, response, frozen)
  })
  const answers: unknown[] = []
  for (let n = 0; n < 3; n += 1) answers.push(await (await fetch(url)).json())
  expect(answers).toEqual([{ ...problem, requestId: 'r1' }, { ...problem, requestId: 'r2' }, problem])
})

it('answers HEAD without a body', async () => {
  const url = await serve((request, response) => {
    sendProblem(request, response, problem)
  })
  const answer = await fetch(url, { method: 'HEAD' })
  expect([answer.status, await answer.text()]).toEqual([403, ''])
})

it('breaks off a response that has already begun', async () => {
  const url = await serve((request, response) => {
    response.write('{"half":')
    sendProblem(request, response, problem)
  })
  await expect(fetch(url).then((answer) => answer.text())).rejects.toThrow()
})
