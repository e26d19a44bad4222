import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { eventContract } from '@alfred/testkit'
import { createProxyCheck } from '../address/proxy-check.ts'
import { noopLogger } from '../logger.ts'

eventContract<'proxy'>({
  'proxy.misconfigured': {
    event: { problem: 'untrusted-forwarded-for' },
    cause(events) {
      const check = createProxyCheck({ trustProxy: false, logger: noopLogger, events })
      const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: '10.0.0.2' })
      const request = new IncomingMessage(socket)
      request.headers['x-forwarded-for'] = '203.0.113.7'
      check.observe(request)
      return undefined
    },
  },
})
