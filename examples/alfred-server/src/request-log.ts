import {
  addressGroup,
  type Clock,
  createRouteResolver,
  existingRequestContext,
  type Logger,
  type Middleware,
  systemClock,
  whenFinished,
} from '@alfred/core'

/** What load balancers and Prometheus ask every few seconds. */
const probes = new Set(['/livez', '/readyz', '/startupz', '/healthz', '/metrics'])

/**
 * Logs one line for each request when its answer has ended: how it went, and what leads to its trace. No path, no query and no
 * address: a client is the network it comes from.
 *
 * @param mounts - the templates under which routers are mounted
 */
export function createRequestLog(
  logger: Logger,
  mounts: readonly string[],
  clock: Clock = systemClock,
): Middleware {
  const resolveRoute = createRouteResolver(mounts)
  return (request, response, next) => {
    const startedAt = clock.monotonicMs()
    const isProbe = probes.has(request.url ?? '')
    whenFinished(response, (completed) => {
      const context = existingRequestContext(request)
      const level = isProbe ? 'debug' : 'info'
      logger[level](
        {
          method: request.method,
          route: resolveRoute(request),
          status: response.statusCode,
          ms: Math.round(clock.monotonicMs() - startedAt),
          client: clientGroup(context?.clientAddress),
          requestId: context?.requestId,
          traceId: context?.traceId,
          // The client left before the end.
          ...(completed ? {} : { completed }),
        },
        'request',
      )
    })
    next()
  }
}

const groupBits = 48

/** The network of a client, too large to name a person: /24 of IPv4, /48 of IPv6. */
function clientGroup(address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  const group = addressGroup(address, groupBits)
  return group.includes('/') ? group : group.replace(/\.\d+$/, '.0/24')
}
