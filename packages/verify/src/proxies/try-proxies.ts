import { type IncomingMessage, request as send } from 'node:http'
import { requestContext } from '@alfred/core'
import { alfredHardening } from '@alfred/prod-security'
import { type Framework, frameworks, startServer } from '../../../prod-security/test/support/frameworks.ts'
import { forwardedHeaders, spoofs } from './forwarded-headers.ts'
import { type ProxyForm, proxyForms } from './proxy-forms.ts'

/** What came of all requests. */
export type ProxyFigures = {
  readonly forms: number
  readonly requests: number
  /** Answers to a client that was taken for another. */
  readonly wrongAddress: number
  /** Answers that took plain HTTP for TLS, or TLS for plain HTTP. */
  readonly wrongScheme: number
  /** Clients whose limit another client used up, or that got more than theirs. */
  readonly wrongBucket: number
  /** Of the same requests, those whose first entry of `X-Forwarded-For` is not the client. */
  readonly controlWrong: number
}

interface Answer {
  readonly status: number
  readonly address: string | undefined
  readonly firstEntry: string | undefined
  readonly isSecure: boolean
}

const clients = ['203.0.113.7', '2001:db8:1:2::7'] as const

/** Of their group: a client has as many requests as there are attempts for it. */
const limit = spoofs.length

function ask(port: number, fields: readonly (readonly [string, string])[]): Promise<Answer> {
  const headers = ['Host', 'example.com', 'Connection', 'close', ...fields.flat()]
  return new Promise((resolve, reject) => {
    const sent = send({ port, host: '127.0.0.1', agent: false, headers }, (response: IncomingMessage) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.on('end', () => {
        const { address, firstEntry } = JSON.parse(body) as Pick<Answer, 'address' | 'firstEntry'>
        const isSecure = response.headers['strict-transport-security'] !== undefined
        resolve({ status: response.statusCode ?? 0, address, firstEntry, isSecure })
      })
    })
    sent.on('error', reject).end()
  })
}

/** The naive reading: whom `X-Forwarded-For` names first. */
function firstEntry({ headers }: IncomingMessage): string | undefined {
  const forwarded = headers['x-forwarded-for']
  return typeof forwarded === 'string' ? forwarded.split(',', 1)[0]?.trim() : undefined
}

type Counts = Record<'requests' | 'wrongAddress' | 'wrongScheme' | 'wrongBucket' | 'controlWrong', number>

/** Sends every attempt of every client through one proxy, over both schemes in turn. */
async function tryForm(
  form: ProxyForm,
  framework: Framework,
  counts: Counts,
  report: (line: string) => void,
): Promise<void> {
  const guard = alfredHardening({
    trustProxy: form.trustProxy,
    rateLimit: { policies: [{ name: 'all', key: 'address', limit, windowMs: 3_600_000, match: '/' }] },
    metrics: false,
    health: false,
  })
  const server = await startServer(
    frameworks[framework](guard, (request, response) => {
      const { clientAddress } = requestContext(request)
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify({ address: clientAddress, firstEntry: firstEntry(request) }))
    }),
  )
  const fail = (count: 'wrongAddress' | 'wrongScheme' | 'wrongBucket', what: string): void => {
    counts[count]++
    report(`${form.proxy} on ${framework}, ${what}`)
  }
  try {
    for (const client of clients) {
      for (const [turn, spoof] of spoofs.entries()) {
        const scheme = turn % 2 === 0 ? 'http' : 'https'
        const answer = await ask(server.port, forwardedHeaders(form, client, scheme, spoof))
        counts.requests++
        if (answer.firstEntry !== client) counts.controlWrong++
        if (answer.address !== client) fail('wrongAddress', `${spoof.what}: ${String(answer.address)}`)
        if (answer.isSecure !== (scheme === 'https')) fail('wrongScheme', `${spoof.what}: ${scheme}`)
        if (answer.status !== 200) fail('wrongBucket', `${spoof.what}: ${String(answer.status)}`)
      }
      const [plain] = spoofs
      const over = plain && (await ask(server.port, forwardedHeaders(form, client, 'http', plain)))
      counts.requests++
      if (over?.status !== 429) fail('wrongBucket', 'one more request than the limit')
    }
  } finally {
    await server.close()
    await guard.close()
  }
}

/** Sends the header forms of all proxies, with every attempt to spoof them, through the whole stack on one framework. */
export async function tryProxies(
  framework: Framework,
  report: (line: string) => void,
): Promise<ProxyFigures> {
  const counts: Counts = { requests: 0, wrongAddress: 0, wrongScheme: 0, wrongBucket: 0, controlWrong: 0 }
  for (const form of proxyForms) await tryForm(form, framework, counts, report)
  return { forms: proxyForms.length, ...counts }
}
