import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Middleware } from '@alfred/core'
import { type GeneratedTarget, generateTarget } from './generate-target.ts'
import { targetServers } from './routers.ts'
import { targetRoutes, verdictOn } from './routes.ts'

/** What became of the targets that one router got. */
export interface TargetFigures {
  /** Responses, which must be as many as targets. */
  answered: number
  /** A route ran. */
  routed: number
  /** Answered with 400, by the guard or the router. */
  refused: number
  /** A route ran below a protected prefix whose rule did not hold. */
  escaped: number
  /** A rule exempted a request, and a route ran that it is not for. */
  wronglyExempted: number
}

/** Consecutive seeds. */
export interface SeedRange {
  readonly first: number
  readonly count: number
}

/** A target that came past a rule, to look at. */
export interface Finding {
  readonly router: string
  readonly kind: 'escaped' | 'wronglyExempted'
  readonly target: string
  readonly route: string
}

/** The header that says which of the targets a request is. */
const seedHeader = 'x-seed'

const maxBatch = 64

const head = (seed: number, { target, hosts }: GeneratedTarget): string =>
  `GET ${target} HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join('')}${seedHeader}: ${String(seed)}\r\n\r\n`

interface RunningServer {
  /** Sends requests in one write; resolves when all are answered, or the connection is closed. */
  send(requests: readonly string[]): Promise<void>
  close(): void
}

/** Starts a server and one client of it. The server counts its responses, so that nobody needs to parse them. */
async function run(server: Server, onEnd: (response: ServerResponse) => void): Promise<RunningServer> {
  let waiting = 0
  let settle: () => void = () => undefined
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    response.once('finish', () => {
      onEnd(response)
      waiting -= 1
      if (waiting === 0) settle()
    })
  })
  // Routers add listeners for each of the requests that wait on a connection.
  server.on('connection', (socket: Socket) => socket.setMaxListeners(0))
  server.maxRequestsPerSocket = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let socket: Socket | undefined
  return {
    async send(requests) {
      if (!socket || socket.destroyed || !socket.writable) {
        socket = connect(port, '127.0.0.1')
        socket.resume()
        socket.on('error', () => undefined)
        socket.on('close', () => {
          settle()
        })
        await once(socket, 'connect')
      }
      const connection = socket
      await new Promise<void>((resolve) => {
        waiting = requests.length
        settle = resolve
        connection.write(Buffer.from(requests.join(''), 'latin1'))
      })
    },
    close() {
      socket?.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Targets that Node's parser is likely to refuse are sent alone: it closes the connection. */
const isSurelyParsed = ({ target }: GeneratedTarget): boolean => /^\/[!"$-~]*$/.test(target)

/** The seeds whose targets Node's parser takes. All servers have the same parser, so this is found out once. */
export async function findParsedSeeds({ first, count }: SeedRange): Promise<readonly number[]> {
  const parsed: number[] = []
  const server = createServer((request, response) => {
    parsed.push(Number(request.headers[seedHeader]))
    response.end()
  })
  const client = await run(server, () => undefined)
  for (let seed = first; seed < first + count; seed++) {
    const generated = generateTarget(seed)
    if (isSurelyParsed(generated)) parsed.push(seed)
    else await client.send([head(seed, generated)])
  }
  client.close()
  return parsed
}

/**
 * Sends targets to one router, as they are, over a real connection.
 *
 * @param seeds - of targets that Node's parser takes
 * @param report - told of each target that came past a rule
 */
export async function runTargetTrial(
  router: string,
  createGuard: () => Middleware,
  seeds: readonly number[],
  report: (finding: Finding) => void = () => undefined,
): Promise<TargetFigures> {
  const create = targetServers[router]
  if (!create) throw new Error(`no router of the name ${router}`)
  const figures: TargetFigures = { answered: 0, routed: 0, refused: 0, escaped: 0, wronglyExempted: 0 }
  const routes = new Map(targetRoutes.map((route) => [route.path, route]))

  const judge = (request: IncomingMessage, path: string): void => {
    figures.routed += 1
    const route = routes.get(path)
    const verdict = verdictOn(request)
    const find = (kind: Finding['kind']): void => {
      figures[kind] += 1
      const { target } = generateTarget(Number(request.headers[seedHeader]))
      report({ router, kind, target, route: path })
    }
    if (route?.protectedBy.some((name) => verdict?.protectedBy.includes(name) !== true) !== false)
      find('escaped')
    if (verdict?.exemptBy.some((name) => route?.exemptBy.includes(name) !== true) === true)
      find('wronglyExempted')
  }

  const client = await run(await create(createGuard(), judge), ({ statusCode }) => {
    figures.answered += 1
    if (statusCode === 400) figures.refused += 1
  })
  for (let sent = 0; sent < seeds.length; sent += maxBatch) {
    const batch = seeds.slice(sent, sent + maxBatch)
    await client.send(batch.map((seed) => head(seed, generateTarget(seed))))
  }
  client.close()
  return figures
}
