import { once } from 'node:events'
import { Agent, createServer, get, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** A balancer before several instances. It never sends a request twice, so that nothing is glossed over. */
export interface Balancer {
  readonly port: number
  /** Requests that broke off between the balancer and an instance, or found none that is ready. */
  readonly broken: readonly string[]
  isReady(port: number): boolean
}

/** What a balancer in another process tells of itself. */
export interface BalancerState {
  readonly port: number
  /** The ports of the instances that are ready. */
  readonly ready: readonly number[]
  readonly broken: number
  /** The first of {@link Balancer.broken}. */
  readonly reasons: readonly string[]
}

/** How often readiness is asked, and how many failures take an instance out. */
const pollMs = 100
const probeTimeoutMs = 2000
const failAfter = 2

/** Fields that belong to one connection (RFC 9110, section 7.6.1). */
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding'])

const endToEnd = (headers: IncomingMessage['headers']) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)))

interface Instance {
  readonly port: number
  readonly agent: Agent
  failures: number
}

async function probe(port: number): Promise<boolean> {
  const probe = get({ port, host: '127.0.0.1', path: '/readyz', agent: false, timeout: probeTimeoutMs })
  probe.once('timeout', () => probe.destroy())
  try {
    const [response] = (await once(probe, 'response')) as [IncomingMessage]
    response.resume()
    return response.statusCode === 200
  } catch {
    return false
  }
}

/** Starts a balancer on a free port, before instances that need not be there yet. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const broken: string[] = []
  const instances = ports.map((port): Instance => ({
    port,
    agent: new Agent({ keepAlive: true }),
    failures: failAfter,
  }))
  let turn = 0

  // One probe of an instance at a time: an answer that comes late must not count after a newer one.
  const poll = async (instance: Instance): Promise<void> => {
    for (;;) {
      instance.failures = (await probe(instance.port)) ? 0 : instance.failures + 1
      await sleep(pollMs)
    }
  }
  for (const instance of instances) void poll(instance)

  const choose = (): Instance | undefined => {
    const ready = instances.filter(({ failures }) => failures < failAfter)
    turn += 1
    return ready[turn % ready.length]
  }

  const forward = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const instance = choose()
    const fail = (reason: string): void => {
      broken.push(`${String(incoming.url)}: ${reason}`)
      if (outgoing.headersSent) outgoing.destroy()
      else outgoing.writeHead(502).end()
    }
    if (!instance) {
      fail('no instance is ready')
      return
    }
    const { url: path, method, headers } = incoming
    const options = { port: instance.port, host: '127.0.0.1', agent: instance.agent }
    const upstream = request({ ...options, path, method, headers: endToEnd(headers) }, (answer) => {
      answer.on('error', (error) => {
        fail(error.message)
      })
      outgoing.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers))
      answer.pipe(outgoing)
    })
    upstream.on('error', (error) => {
      if (!outgoing.destroyed) fail(error.message)
    })
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) upstream.destroy()
    })
    incoming.pipe(upstream)
  }

  const tunnel = ({ method, url, rawHeaders }: IncomingMessage, client: Duplex): void => {
    const instance = choose()
    if (!instance) {
      broken.push(`${String(url)}: no instance is ready`)
      client.destroy()
      return
    }
    const upstream = connect(instance.port, '127.0.0.1', () => {
      const fields = rawHeaders.map((part, index) => part + (index % 2 === 0 ? ': ' : '\r\n'))
      upstream.write(`${String(method)} ${String(url)} HTTP/1.1\r\n${fields.join('')}\r\n`)
      client.pipe(upstream).pipe(client)
    })
    upstream.once('close', () => client.destroy())
    upstream.on('error', (error) => {
      broken.push(`${String(url)}: ${error.message}`)
    })
    client.on('error', () => upstream.destroy())
    client.once('close', () => upstream.destroy())
  }

  const server = createServer(forward).on('upgrade', tunnel).listen(0, '127.0.0.1')
  server.keepAliveTimeout = 65_000
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    broken,
    isReady: (port) => instances.some((instance) => instance.port === port && instance.failures === 0),
  }
}
