import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { eventContract } from '@alfred/testkit'
import { z } from 'zod'
import { chatMessage, createRequestLimits, validate } from './index.ts'

function requestWith(url: string, body?: unknown) {
  const request = Object.assign(new IncomingMessage(new Socket()), { method: 'POST', url, body })
  return { request, response: new ServerResponse(request) }
}

eventContract<'validation'>({
  'validation.rejected': {
    event: { status: 414 },
    cause(events) {
      const { request, response } = requestWith(`/${'a'.repeat(9000)}`)
      createRequestLimits({ events })(request, response, () => undefined)
      return undefined
    },
  },
  'validation.flagged': {
    event: { detector: 'markup', action: 'flag', kind: 'text', pointer: '/body/message' },
    cause(events) {
      const { request, response } = requestWith('/', { message: '<script>alert(1)</script>' })
      const chat = validate({ body: z.object({ message: chatMessage() }) }, { events })
      chat(request, response, () => undefined)
      return undefined
    },
  },
})
