import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Middleware } from '@alfred/core'
import { type GeneratedTarget, generateTarget } from './generate-target.ts'
import { targetServers } from './routers.ts'
import { targetRoutes, verdictOn } from './routes.ts'

/** What became of the targets that one router got. */
export interface TargetFigures {
  targets: number
  /** A route ran. */
  routed: number
  /** The guard answered 400, or Node did before it. */
  refused: number
  /** A route ran below a protected prefix whose rule did not hold. */
  escaped: number
  /** A rule exempted a request, and a route ran that it is not for. */
  wronglyExempted: number
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

/** Node's parser may refuse anything else, and closes the connection then: such a target gets one of its own. */
const isPipelined = ({ target }: GeneratedTarget): boolean => /^(?:\/|https?:\/\/[a-z[])[!-~]*$/.test(target)

const head = (seed: number, { target, hosts }: GeneratedTarget): string =>
  `GET ${target} HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join('')}${seedHeader}: ${String(seed)}\r\n\r\n`

/** Counts the responses of a server, so that nobody needs to parse them. */
function watchResponses(server: Server, onEnd: (seed: number, response: ServerResponse) => void): void {
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const seed = Number(request.headers[seedHeader])
    response.once('finish', () => {
      onEnd(seed, response)
    })
  })
}

/**
 * Sends the targets of `seeds` to one router, as they are, over real connections.
 *
 * @param report - told of each target that came past a rule
 */
export async function runTargetTrial(
  router: string,
  createGuard: () => Middleware,
  seeds: { readonly first: number; readonly count: number },
  report: (finding: Finding) => void = () => undefined,
): Promise<TargetFigures> {
  const create = targetServers[router]
  if (!create) throw new Error(`no router of the name ${router}`)
  const figures: TargetFigures = { targets: 0, routed: 0, refused: 0, escaped: 0, wronglyExempted: 0 }
  const routes = new Map(targetRoutes.map((route) => [route.path, route]))

  const judge = (request: IncomingMessage, path: string): void => {
    figures.routed += 1
    const route = routes.get(path)
    const verdict = verdictOn(request)
    const find = (kind: Finding['kind']): void => {
      figures[kind] += 1
      const target = generateTarget(Number(request.headers[seedHeader])).target
      report({ router, kind, target, route: path })
    }
    const isEscaped = route?.protectedBy.some((name) => verdict?.protectedBy.includes(name) !== true)
    if (isEscaped === true) find('escaped')
    if (verdict?.exemptBy.some((name) => route?.exemptBy.includes(name) !== true) === true)
      find('wronglyExempted')
  }

  const server = await create(createGuard(), judge)
  let waiting = 0
  let onAnswered: () => void = () => undefined
  watchResponses(server, (_seed, response) => {
    if (response.statusCode === 400) figures.refused += 1
    waiting -= 1
    if (waiting === 0) onAnswered()
  })
  server.maxRequestsPerSocket = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1')
    socket.resume()
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }
  const send = (socket: Socket, heads: readonly string[]): Promise<void> =>
    new Promise((resolve) => {
      waiting = heads.length
      onAnswered = () => {
        socket.off('close', onClose)
        resolve()
      }
      const onClose = (): void => {
        // Node's parser refused the only one.
        figures.refused += waiting
        waiting = 0
        resolve()
      }
      socket.once('close', onClose)
      socket.write(Buffer.from(heads.join(''), 'latin1'))
    })

  let shared = await open()
  let batch: string[] = []
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return
    if (shared.destroyed) shared = await open()
    await send(shared, batch)
    batch = []
  }
  for (let seed = seeds.first; seed < seeds.first + seeds.count; seed++) {
    const generated = generateTarget(seed)
    figures.targets += 1
    if (isPipelined(generated)) {
      batch.push(head(seed, generated))
      if (batch.length === maxBatch) await flush()
      continue
    }
    await flush()
    const alone = await open()
    await send(alone, [head(seed, generated)])
    alone.destroy()
  }
  await flush()
  shared.destroy()
  server.closeAllConnections()
  server.close()
  return figures
}
